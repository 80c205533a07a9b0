import type { Piscina } from 'piscina'
import { AsideError, type Aside } from '../contract/aside.ts'
import { asideModule } from './aside-module.ts'

/** Behind the work that is being done; what they wait with is memory. */
const MAX_WAITING = 16
const MAX_MEMORY_MIB = 64
/** A thread costs some MiB, and some ms to start. */
const IDLE_MS = 30_000
/** The longest that a timer can be. */
const LONGEST_MS = 2 ** 31 - 1

/** Another thread, to let go of. */
export interface ThreadAside extends Aside { close(): Promise<void> }

/**
 * One thread, there while there is work and for a while after. It keeps no process alive by itself; what takes too long, its waiting included, or too much memory ends with the
 * thread, and what comes next gets another. `input` is cloned when its turn comes: changes until then go with it.
 */
export function threadAside (): ThreadAside {
  const turns = new Turns()
  const modules = new Map<string, string>()
  let pool: Promise<Piscina> | null = null
  let closed = false
  const work = async (module: string, input: unknown, signal: AbortSignal): Promise<unknown> => {
    if (closed) throw new Error(CLOSING)
    const filename = modules.get(module) ?? asideModule(module, import.meta.url)
    modules.set(module, filename)
    pool ??= start()
    return await (await pool).run(input, { filename, signal })
  }
  return {
    run: async <I, O>(module: string, input: I, { timeoutMs }: { readonly timeoutMs: number }): Promise<O> => {
      if (closed) throw new AsideError('failed', CLOSING)
      if (turns.waiting >= MAX_WAITING) throw new AsideError('busy', `${MAX_WAITING} wait for the thread`)
      const signal = AbortSignal.timeout(Math.min(Math.max(Math.ceil(timeoutMs), 1), LONGEST_MS))
      try {
        return await turns.take(signal, () => work(module, input, signal)) as O
      } catch (error) {
        throw signal.aborted ? new AsideError('timeout', `not done in ${timeoutMs} ms`) : failed(error)
      }
    },
    close: async () => {
      closed = true
      await (await pool)?.destroy()
    }
  }
}

const CLOSING = 'the gateway is closing'

/** One after the other, in the order they came. Not piscina's queue: it has no bound and no order for work that can be ended. */
class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #taken = 0

  /** But the one whose turn it is. */
  get waiting (): number { return this.#taken - 1 }

  async take<T> (signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    this.#taken++
    const turn = this.#last.then(async () => {
      signal.throwIfAborted()
      return await act()
    })
    // Who has given up counts until its turn would be, as what it waits with is kept until then
    const pass = (): void => { this.#taken-- }
    this.#last = turn.then(pass, pass)
    return await orAborted(turn, signal)
  }
}

function orAborted<T> (turn: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => { reject(new Error('too late')) }
    signal.addEventListener('abort', abort, { once: true })
    void turn.then(resolve, reject).finally(() => { signal.removeEventListener('abort', abort) })
  })
}

/** Loaded when it is wanted: most gateways never do. */
async function start (): Promise<Piscina> {
  const { Piscina } = await import('piscina')
  const pool = new Piscina({ minThreads: 0, maxThreads: 1, idleTimeout: IDLE_MS, recordTiming: false, resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MIB } })
  // Faults of a thread between two pieces of work: nobody asked, and the next gets another
  pool.on('error', () => {})
  return pool
}

/** What failed to be cloned on its way back has lost its text. */
const failed = (error: unknown): AsideError =>
  new AsideError('failed', error instanceof Error ? error.message || 'what it gives cannot be copied' : String(error), { cause: error })
