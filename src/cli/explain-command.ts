import { parseArgs } from 'node:util'
import type { Principal } from '../contract/principal.ts'
import { UsageError } from '../contract/usage-error.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { explainRequest } from './explain/explain-request.ts'
import { parseCurl } from './explain/parse-curl.ts'
import { headerLine, plainRequest } from './explain/plain-request.ts'
import { printExplanation } from './explain/print-explanation.ts'
import { shellWords } from './explain/shell-words.ts'
import { compileFiles } from './load-files.ts'
import { paintFor } from './paint.ts'
import { redactedJson } from './redacted-json.ts'
import { parseTime } from './rehearsal/parse-time.ts'
import { SOMEBODY, type OfflineRequest } from './rehearsal/offline-request.ts'
import { testPrincipal } from './rehearsal/test-principal.ts'

const OPTIONS = {
  header: { type: 'string', short: 'H', multiple: true, default: [] as string[] },
  data: { type: 'string', short: 'd' },
  from: { type: 'string', default: SOMEBODY },
  at: { type: 'string' },
  as: { type: 'string' },
  scopes: { type: 'string' },
  roles: { type: 'string' },
  json: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false }
} as const

const SHOWN = 20

/** `gatehouse explain`: what becomes of a request, and why. */
export const explainCommand: Command = {
  name: 'explain',
  summary: 'say what becomes of a request, and why, without sending it',
  usage: `[files or folders] 'GET https://host/path' [-H 'Name: value'] [-d body]
gatehouse explain [files or folders] curl ...

Tells what the guard says, why earlier routes do not take the request, which one does, what its filters do in order, and the exact
request that would go upstream. A line copied as curl may follow as it is, or in quotes as one argument.

  -H, --header <line>   a request header; repeatable
  -d, --data <body>     the request body, without a Content-Type of its own; the method is POST then unless it is given
  --from <address>      address of the client (${SOMEBODY})
  --at <time>           time of the request, RFC 3339 (now)
  --as <subject>        who is calling: authenticate takes it for proved
  --scopes <a,b>        with these scopes
  --roles <a,b>         and these roles
  --all                 every route that lost, not only the ${SHOWN} that came nearest
  --json                one JSON document

Where chance decides (weights), it always takes the same turn. Exit status: 0 explained, whatever becomes of the request; 2 wrong files or command line.`,
  run: async (args, io) => {
    const end = args.indexOf('curl')
    const { values, positionals } = parseArgs({ args: end < 0 ? args : args.slice(0, end), options: OPTIONS, allowPositionals: true })
    const { request, files } = end < 0 ? requestOf(positionals, values, io) : { request: curl(args.slice(end + 1), values, io), files: positionals }
    const { loaded, compiled } = await compileFiles(files, io)
    compiled.clock.at = values.at === undefined ? null : parseTime(values.at)
    const explanation = await explainRequest(request, loaded, compiled, { shown: values.all ? Infinity : SHOWN, as: caller(values) })
    io.out(`${values.json ? redactedJson(explanation, loaded.redact) : loaded.redact(printExplanation(explanation, paintFor(io.colours.out)))}\n`)
    return EXIT.ok
  }
}

function caller ({ as, ...said }: { as?: string | undefined, scopes?: string | undefined, roles?: string | undefined }): Principal | null {
  const { scopes, roles } = said
  if (as !== undefined) return testPrincipal({ subject: as, scopes: scopes?.split(',') ?? [], roles: roles?.split(',') ?? [], level: 2, claims: {} })
  for (const name of ['scopes', 'roles'] as const) if (said[name] !== undefined) throw new UsageError(`--${name} are those of --as <subject>`)
  return null
}

interface Values { readonly header: readonly string[], readonly data?: string | undefined, readonly from: string }

/** The last argument, or the last two, are the request; those before are files. */
function requestOf (positionals: readonly string[], values: Values, io: Io): { request: OfflineRequest, files: readonly string[] } {
  const last = positionals.at(-1)
  if (last === undefined) throw new UsageError("which request? Give it as 'GET https://host/path' or as a curl line")
  if (/^\s*curl\s/.test(last)) return { request: curl(shellWords(last).slice(1), values, io), files: positionals.slice(0, -1) }
  const { header, data, from } = values
  const method = positionals.at(-2) ?? ''
  const apart = /^[A-Z-]+$/.test(method) && !last.includes(' ')
  return {
    request: plainRequest(apart ? `${method} ${last}` : last, { headers: header.map(headerLine), body: data, from }),
    files: positionals.slice(0, apart ? -2 : -1)
  }
}

function curl (words: readonly string[], { header, data, from }: Values, { cwd }: Io): OfflineRequest {
  if (header.length > 0 || data !== undefined) throw new UsageError('headers and body belong to the curl line itself')
  return parseCurl(words, from, cwd)
}
