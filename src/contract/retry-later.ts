import type { Random } from './services.ts'
import { Timeout } from './units.ts'

/** The key `retryAfter` of a room: what `retryLater` goes by. */
export const RetryAfter = (wait: string) =>
  Timeout({ default: wait, description: 'Clients are told to come back after this at the earliest, at the latest after twice as long, each after another time.' })

/** Gives the header for a refusal that time will cure. Clients that are told the same time would come back as one. */
export function retryLater (leastMs: number, random: Random): () => { readonly 'retry-after': string } {
  const leastSeconds = Math.ceil(leastMs / 1000)
  return () => ({ 'retry-after': String(leastSeconds + Math.floor(random.next() * (leastSeconds + 1))) })
}
