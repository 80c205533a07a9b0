import type { StaticDecode } from 'typebox'
import { Choice, Config, ConfigError, HeaderName, List, Size, Time, Timeout, Type } from '../../../src/contract/index.ts'

const Method = Type.String({ pattern: "^[!#$%&'*+\\-.^_`|~0-9A-Z]+$", 'x-expects': 'a method in upper case, such as GET' })

/** What of an answer says what its body is and how long it holds. No cookies: they belong to one connection with one caller. */
const HEADERS = ['Content-Type', 'Content-Encoding', 'Content-Language', 'Content-Location', 'Cache-Control', 'ETag', 'Expires', 'Last-Modified', 'Link', 'Location', 'Retry-After', 'Vary']

/** Config of the filter `snapshot`. */
export const SnapshotSchema = Config({
  name: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$', 'x-expects': 'a name of letters, digits, dots, hyphens', description: 'What the call is kept as. Routes with the same name share their snapshots. Default: the id of the route.' })),
  ttl: Timeout({ default: '5m', description: 'How long the snapshots of a request are kept after the last of them.' }),
  methods: List(Method, { default: ['GET', 'HEAD'], description: 'Methods of calls that are kept and answered.' }),
  headers: Type.Array(HeaderName(), { default: HEADERS, description: 'Headers of the answer that are kept with its status and body.' }),
  maxBytes: Size({ default: '64KiB', description: 'An answer with a larger body is not kept, nor one to a larger request body.' }),
  maxStored: Size({ default: '64MiB', description: 'How much of this route one gateway keeps in the store at one time; each snapshot counts for 1KiB or more.' }),
  maxInFlight: Type.Integer({ minimum: 1, maximum: 100_000, default: 1000, description: 'So many answers are being kept at one time, and so many copies wait; more are not kept, and do not wait.' }),
  window: Type.Optional(Config({
    from: Type.Optional(Time({ description: 'Not before this time (RFC 3339).' })),
    until: Type.Optional(Time({ description: 'From this time on no more: nobody has to remember the filter when the comparison is over.' }))
  }, { description: 'When the filter works; outside of it, it does nothing at all.' })),
  caller: Choice(['same', 'any'], { default: 'same', description: '`same`: a copy gets only what the same caller has got. `any`: where live and shadow service call with credentials of their own.' }),
  serve: Type.Boolean({ default: true, description: 'Calls of a shadow are answered with the snapshot. `false`: they go upstream, and the snapshots are for those who read them from Redis themselves.' }),
  wait: Type.Optional(Timeout({ description: 'How long the call of a shadow waits for the live one to be made. Default: 2s.' })),
  miss: Type.Optional(Choice(['call', 'refuse'], { description: 'What becomes of a call of a shadow for which there is no snapshot: `call` sends it upstream, `refuse` answers 504. Default: `call`.' }))
})

/** The same, read. */
export type SnapshotConfig = StaticDecode<typeof SnapshotSchema>

const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE']

/** ConfigError where options do not go together. */
export function checkConfig ({ serve, wait, miss, methods, window, maxBytes, maxStored }: SnapshotConfig): void {
  if (!serve && wait !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/wait', 'with `serve: false` nobody waits')
  if (!serve && miss !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/miss', 'with `serve: false` every call of a shadow goes upstream')
  const unsafe = methods.find(method => !SAFE.includes(method))
  if (serve && unsafe !== undefined && miss !== 'refuse') {
    throw new ConfigError('GW_CONFIG_INVALID', '/miss', `a call of a shadow that finds no snapshot would do the same once more, as ${unsafe} is not safe (RFC 9110 9.2.1): expected \`refuse\``)
  }
  if (maxStored < maxBytes) throw new ConfigError('GW_CONFIG_INVALID', '/maxStored', 'expected no less than `maxBytes`')
  checkWindow(window)
}

function checkWindow (window: SnapshotConfig['window']): void {
  if (window === undefined) return
  const { from, until } = window
  if (from === undefined && until === undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/window', 'neither `from` nor `until`: it is always open')
  if (from !== undefined && until !== undefined && until <= from) throw new ConfigError('GW_CONFIG_INVALID', '/window/until', 'expected a time after `from`')
}
