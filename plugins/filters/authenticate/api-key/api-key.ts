import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Config, ConfigError, HeaderName, onePerConfiguration, parseQuery, queryValues, Refusal, Type, type Exchange, type Services, type Verdict } from '../../../../src/contract/index.ts'
import { ApiKeySchema, type ApiKeyEntry } from './api-key-entry.ts'
import { apiKeyList, parseApiKeys } from './api-key-list.ts'
import { apiKeyStore } from './api-key-store.ts'
import { varyBy } from '../vary-by.ts'
import { defineWay } from '../way.ts'

/** Visible characters, and enough of them that nobody tries them all. */
const KEY = /^[\x21-\x7e]{16,256}$/
/** As `gatehouse keys api-key` makes them. */
const OWN_KEY = /^gk_[0-9a-f]{72}$/
const CHECKSUM_LENGTH = 8
/** These have a meaning of their own, to other ways or to HTTP. */
const TAKEN: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'host', 'dpop'])

const REPEATED = new Refusal('repeated', 'more than one API key')
const MALFORMED = new Refusal('malformed', 'not an API key')
const TOO_LARGE = new Refusal('too-large', 'API key')

/** A key that was handed out to a caller, in a header of its own. */
export const apiKey = defineWay({
  name: 'api-key',
  config: Config({
    header: HeaderName({ default: 'X-Api-Key', description: 'Header that carries the key, and nothing else.' }),
    query: Type.Optional(Type.String({ minLength: 1, description: 'Query parameter that may carry the key too. URLs end up in logs and histories: only for callers who cannot send a header.' })),
    keys: Type.Optional(Type.Union([Type.Array(ApiKeySchema, { minItems: 1 }), Type.String({ minLength: 1 })], { 'x-expects': 'a list of keys, or the text of a JSON file with one', description: 'The keys: a list with `id`, `hash` and what else is known of each, or the text of a JSON file with such a list, interpolated with `file:`.' })),
    store: Type.Optional(Type.Literal(true, { description: 'The keys are in the store (Redis) instead, each as JSON under `apikey:` and its SHA-256 in hexadecimal.' })),
    prefix: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,32}$', 'x-expects': 'visible characters, at most 32', description: 'What every key begins with; another is not looked up. `gk_`: keys of `gatehouse keys api-key`, whose checksum is checked as well.' }))
  }),

  create: ({ header, query, keys, store, prefix = '' }, { place: { services } }) => {
    const name = header.toLowerCase()
    if (TAKEN.has(name)) throw new ConfigError('GW_CONFIG_INVALID', '/header', 'a header that means something else')
    const lookUp = finder(services, keys, store)
    return {
      challenge: null,
      authenticate: x => {
        const [key, second] = presented(x, name, query)
        if (key === undefined) return undefined
        if (second !== undefined) return REPEATED
        return unlikely(key, prefix) ?? lookUp(hash('sha256', key, 'buffer'))
      },
      refusalChallenge: () => null,
      consume: x => {
        x.headers.delete(name)
        if (query !== undefined && x.query !== '') dropParameter(x, query)
      },
      respond: x => { if (x.principal?.source === 'api-key') varyBy(header, x) }
    }
  }
})

function finder (services: Services, keys: readonly ApiKeyEntry[] | string | undefined, store: true | undefined): (digest: Buffer) => Verdict | Promise<Verdict> {
  if (keys !== undefined && store) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/keys', 'the keys are in the store')
  if (store && !services.store.shared) throw new ConfigError('GW_CONFIG_INVALID', '/store', 'needs gateway.redis with a url: there the keys are')
  if (store) return onePerConfiguration(services, 'api-key-store', {}, () => apiKeyStore(services))
  if (keys === undefined) throw new ConfigError('GW_CONFIG_INVALID', '', '"keys" is missing: the keys, or "store: true"')
  return onePerConfiguration(services, 'api-key-list', { keys }, () => apiKeyList(typeof keys === 'string' ? parseApiKeys(keys) : keys, services.clock))
}

function presented (x: Exchange, header: string, query: string | undefined): readonly string[] {
  const sent = x.headers.all(header)
  return query === undefined || x.query === '' ? sent : [...sent, ...queryValues(x.query, query)]
}

/** What cannot be a key is refused before it costs a look-up. */
function unlikely (key: string, prefix: string): Refusal | null {
  if (key.length > 256) return TOO_LARGE
  if (!KEY.test(key) || !key.startsWith(prefix)) return MALFORMED
  return prefix === 'gk_' && !isWhole(key) ? MALFORMED : null
}

function isWhole (key: string): boolean {
  if (!OWN_KEY.test(key)) return false
  return parseInt(key.slice(-CHECKSUM_LENGTH), 16) === crc32(key.slice(0, -CHECKSUM_LENGTH))
}

function dropParameter (x: Exchange, name: string): void {
  const sent = x.query.split('&')
  const kept = sent.filter(raw => parseQuery(raw)[0]?.name !== name)
  if (kept.length < sent.length) x.query = kept.join('&')
}
