import { Refusal, StoreUnavailable, validate, type Services, type Verdict } from '../../../../src/contract/index.ts'
import { ApiKeySchema, judged, keyHolder, type ApiKeyEntry } from './api-key-entry.ts'
import { VerdictCache, type Finding } from '../verdict-cache.ts'

const KNOWN_FOR_MS = 10_000
const UNKNOWN_FOR_MS = 2_000
const UNKNOWN = new Refusal('unknown')
const UNREADABLE = new Refusal('unavailable', 'the entry in the store is not one')
const UNREACHABLE = new Refusal('unavailable', 'the store cannot be asked')

/** Finds keys that the store holds under `apikey:` and the SHA-256, as JSON of one entry. */
export function apiKeyStore ({ store, clock, log }: Pick<Services, 'store' | 'clock' | 'log'>): (digest: Buffer) => Verdict | Promise<Verdict> {
  const verdicts = new VerdictCache({ clock, maxGood: 10_000, maxOthers: 1_000 })

  const find = async (hex: string): Promise<Finding> => {
    const text = await store.get(`apikey:${hex}`)
    if (text === null) return { verdict: UNKNOWN, forMs: UNKNOWN_FOR_MS }
    const entry = readEntry(text, hex)
    if (entry === null) {
      log.error({ 'gatehouse.api_key.hash': hex.slice(0, 12) }, 'not an API key entry in the store')
      return { verdict: UNREADABLE, forMs: UNKNOWN_FOR_MS }
    }
    const now = clock.now()
    const verdict = judged(keyHolder(entry), entry, now)
    return { verdict, forMs: verdict instanceof Refusal ? UNKNOWN_FOR_MS : Math.min(verdict.expiresAt - now, KNOWN_FOR_MS) }
  }
  return digest => {
    const hex = digest.toString('hex')
    const verdict = verdicts.get(hex, () => find(hex))
    return verdict instanceof Promise ? verdict.catch(unavailable) : verdict
  }
}

/** Null where it is no entry, or that of another key. */
function readEntry (text: string, hex: string): ApiKeyEntry | null {
  try {
    const entry = validate(ApiKeySchema, JSON.parse(text)).value as ApiKeyEntry | null
    return entry?.hash === `sha256:${hex}` ? entry : null
  } catch {
    return null
  }
}

function unavailable (error: unknown): Refusal {
  if (error instanceof StoreUnavailable) return UNREACHABLE
  throw error
}
