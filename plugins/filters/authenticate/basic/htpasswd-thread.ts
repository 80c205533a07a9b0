import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** Too many passwords wait to be checked, or the thread that checks them has failed. */
export class ThreadUnavailable extends Error {
  override readonly name = 'ThreadUnavailable'
}

interface Job { readonly password: string, readonly hash: string, readonly resolve: (fits: boolean) => void, readonly reject: (error: Error) => void }

/**
 * Checks passwords against bcrypt hashes in a thread of its own: bcryptjs keeps the thread it runs in for up to 100 ms at a stretch, and
 * that must not be the one that serves everybody. One at a time, so that guessing takes one core at most. The thread is there only while there is something to check.
 */
export class HtpasswdThread {
  readonly #maxWaiting: number
  readonly #jobs: Job[] = []
  #worker: Worker | null = null

  constructor (maxWaiting: number) {
    this.#maxWaiting = maxWaiting
  }

  /** Rejects with ThreadUnavailable. */
  check (password: string, hash: string): Promise<boolean> {
    if (this.#jobs.length > this.#maxWaiting) return Promise.reject(new ThreadUnavailable('too many passwords to check'))
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    this.#jobs.push({ password, hash, resolve, reject })
    if (this.#jobs.length === 1) this.#next()
    return promise
  }

  #next (): void {
    const job = this.#jobs[0]
    if (job === undefined) {
      void this.#worker?.terminate()
      this.#worker = null
      return
    }
    this.#worker ??= this.#start()
    this.#worker.postMessage({ password: job.password, hash: job.hash })
  }

  #start (): Worker {
    const worker = new Worker(new URL(`./htpasswd-worker${extname(import.meta.url)}`, import.meta.url))
    worker.on('message', (fits: boolean) => {
      this.#jobs.shift()?.resolve(fits)
      this.#next()
    })
    worker.on('error', error => {
      this.#worker = null
      this.#jobs.shift()?.reject(new ThreadUnavailable(`the thread that checks passwords has failed: ${error.message}`, { cause: error }))
      this.#next()
    })
    return worker
  }
}
