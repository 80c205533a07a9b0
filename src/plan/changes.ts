import type { Exchange } from '../contract/exchange.ts'
import { isStream, type Reply } from '../contract/reply.ts'
import type { HeaderList } from '../contract/header-list.ts'

/** One thing that a filter made different: `path`, `query`, `host`, `origin`, `body`, `status` or `header x-name`, with its values before and after. */
export interface Change { readonly what: string, readonly from: readonly string[], readonly to: readonly string[] }

/** What of a request or a reply can change, by name; what is absent has no values. */
export type State = ReadonlyMap<string, readonly string[]>

const PREVIEW = 80

/** A request as it stands. */
export function requestState (x: Exchange): State {
  return new Map([
    ['path', [x.path]],
    ['query', x.query === '' ? [] : [x.query]],
    ['origin', listed(x.origin)],
    ['host', listed(x.upstreamHost)],
    ['body', x.body.held === null ? [] : [preview(x.body.held)]],
    ...fields(x.headers)
  ])
}

/** A reply as it stands; a body that still arrives has no content to compare. */
export function replyState ({ status, headers, body }: Reply): State {
  const content = body === null ? [] : isStream(body) ? ['(as upstream sends it)'] : [preview(body)]
  return new Map([['status', [String(status)]], ['body', content], ...fields(headers)])
}

/** What differs, in the order of the state before and then what is new. */
export function changes (before: State, after: State): Change[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map(what => ({ what, from: before.get(what) ?? [], to: after.get(what) ?? [] }))
    .filter(({ from, to }) => from.length !== to.length || from.some((value, i) => value !== to[i]))
}

const listed = (value: string | null): string[] => value === null ? [] : [value]

const fields = (headers: HeaderList): [string, string[]][] => headers.names().map(name => [`header ${name}`, headers.all(name)])

function preview (body: string | Uint8Array): string {
  const bytes = Buffer.from(body as Uint8Array)
  const text = bytes.toString()
  return `${bytes.byteLength} bytes: ${text.length > PREVIEW ? `${text.slice(0, PREVIEW)}…` : text}`
}
