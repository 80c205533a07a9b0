import type { Clock } from '../contract/services.ts'

/** Who waits, and until when anybody does. */
export interface Waiting { readonly clock: Clock, readonly signal: AbortSignal }

/** Does something that ends with its signal: rejects with `late` when `ms` are over, with the signal's reason when nobody waits any more. No timer and no listener stays. */
export async function within<T> (ms: number, late: string, { clock, signal }: Waiting, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const inside = new AbortController()
  const end = () => { inside.abort(signal.reason) }
  signal.addEventListener('abort', end, { once: true })
  clock.sleep(ms, inside.signal).then(() => { inside.abort(new Error(late)) }, () => {})
  try {
    return await act(inside.signal)
  } catch (error) {
    throw inside.signal.aborted ? inside.signal.reason : error
  } finally {
    signal.removeEventListener('abort', end)
    inside.abort()
  }
}
