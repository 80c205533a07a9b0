import { timingSafeEqual } from 'node:crypto'
import { ConfigError, Refusal, Type, validate, type Clock, type Principal, type Verdict } from '../../../../src/contract/index.ts'
import { ApiKeySchema, judged, keyHolder, type ApiKeyEntry } from './api-key-entry.ts'

const UNKNOWN = new Refusal('unknown')
const EXAMPLE = 'api-keys.json'
const FileSchema = Type.Object({ keys: Type.Array(ApiKeySchema, { minItems: 1 }) })

interface Kept { readonly entry: ApiKeyEntry, readonly digest: Buffer, readonly holder: Principal }

/** Finds keys of the route file by the SHA-256 of what was presented. ConfigError below `/keys` where two entries are one. */
export function apiKeyList (entries: readonly ApiKeyEntry[], clock: Clock): (digest: Buffer) => Verdict {
  const fault = twin(entries)
  if (fault !== null) throw fault
  // By a part of the digest, so that the last word is a comparison in constant time
  const byStart = Map.groupBy(entries.map(kept), ({ digest }) => startOf(digest))
  return presented => {
    const found = byStart.get(startOf(presented))?.find(({ digest }) => timingSafeEqual(digest, presented))
    return found === undefined ? UNKNOWN : judged(found.holder, found.entry, clock.now())
  }
}

/** Entries from the text of a file: a JSON list of them, also as `keys` of an object. Faults tell the place within the text and nothing it holds. */
export function parseApiKeys (text: string): readonly ApiKeyEntry[] {
  const { value, faults } = validate(FileSchema, asFile(text))
  const entries = (value as { keys: ApiKeyEntry[] } | null)?.keys ?? []
  const fault = faults[0] ?? twin(entries)
  if (fault !== null) throw new ConfigError(fault.code, '/keys', `in the text, at ${fault.pointer}: ${fault.detail}`)
  return entries
}

function asFile (text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? { keys: parsed } : parsed
  } catch {
    // The parser's own words quote the text
    throw new ConfigError('GW_CONFIG_INVALID', '/keys', `the text is not JSON; "\${file:${EXAMPLE}}" gives that of a file`)
  }
}

const startOf = (digest: Buffer): bigint => digest.readBigUInt64BE(0)

const kept = (entry: ApiKeyEntry): Kept => ({ entry, digest: Buffer.from(entry.hash.slice('sha256:'.length), 'hex'), holder: keyHolder(entry) })

/** What is wrong where two entries have the same name or are the same key. */
function twin (entries: readonly ApiKeyEntry[]): ConfigError | null {
  for (const field of ['id', 'hash'] as const) {
    const seen = new Map<string, number>()
    for (const [i, entry] of entries.entries()) {
      const first = seen.get(entry[field])
      if (first !== undefined) return new ConfigError('GW_CONFIG_DUPLICATE', `/keys/${i}/${field}`, `the same as in /keys/${first}`)
      seen.set(entry[field], i)
    }
  }
  return null
}
