import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import type { Load } from '../contract/load.ts'

/** How often the process is measured. */
const SAMPLE_MS = 200

/** What is measured with; a test has its own. */
export interface LoadSensors {
  readonly nowMs: () => number
  /** 0 to 1. */
  readonly memoryShare: () => number
  /** Calls every so many milliseconds until it is stopped, without keeping the process for that. */
  readonly every: (ms: number, act: () => void) => { stop(): void }
  /** Calls in the next turn of the event loop, which waits for nothing until then. */
  readonly nextTurn: (act: () => void) => void
}

/** What the load of a process is made of. `inFlight`: how many requests it has at the moment. */
export interface ProcessLoadOptions { readonly inFlight: () => number, readonly sensors?: LoadSensors }

/** How hard this process works. Measured from the first time that somebody asks until it is closed. */
export const processLoad = ({ inFlight, sensors = processSensors }: ProcessLoadOptions): Load & { close(): void } => new ProcessLoad(inFlight, sensors)

/**
 * The event loop is asked by a timer and by one of its turns: how late the timer was shows a single long pause; how long a whole turn took
 * shows a loop that has too much to do in each. (perf_hooks' monitorEventLoopDelay wakes the process fifty times a second for that, and
 * drops the first interval after each `reset`, so that it says nothing where a turn takes longer than a sample.)
 */
class ProcessLoad implements Load {
  readonly #inFlight: () => number
  readonly #sensors: LoadSensors
  #timer: { stop(): void } | null = null
  #closed = false
  #eventLoopDelayMs = 0
  #memoryShare = 0
  #sample = 0
  #dueMs = 0
  #lateMs = 0
  #probing = false

  constructor (inFlight: () => number, sensors: LoadSensors) {
    this.#inFlight = inFlight
    this.#sensors = sensors
  }

  get inFlight (): number { return this.#inFlight() }

  get eventLoopDelayMs (): number {
    this.#start()
    return this.#eventLoopDelayMs
  }

  get memoryShare (): number {
    this.#start()
    return this.#memoryShare
  }

  get sample (): number {
    this.#start()
    return this.#sample
  }

  close (): void {
    this.#closed = true
    this.#timer?.stop()
    this.#timer = null
  }

  #start (): void {
    if (this.#timer !== null || this.#closed) return
    this.#dueMs = this.#sensors.nowMs() + SAMPLE_MS
    this.#timer = this.#sensors.every(SAMPLE_MS, () => { this.#tick() })
  }

  #tick (): void {
    const { nowMs, nextTurn } = this.#sensors
    const atMs = nowMs()
    this.#lateMs = Math.max(this.#lateMs, atMs - this.#dueMs)
    this.#dueMs = atMs + SAMPLE_MS
    // A turn may take longer than a sample
    if (this.#probing) return
    this.#probing = true
    nextTurn(() => {
      const startMs = nowMs()
      nextTurn(() => { this.#measured(nowMs() - startMs) })
    })
  }

  #measured (turnMs: number): void {
    this.#probing = false
    if (this.#closed) return
    this.#eventLoopDelayMs = Math.max(this.#lateMs, turnMs)
    this.#lateMs = 0
    this.#memoryShare = this.#sensors.memoryShare()
    this.#sample++
  }
}

const MACHINE_BYTES = totalmem()

/** The heap against what V8 lets it grow to, and all of the process against its control group or the machine, whichever is nearer its end. */
function memoryShare (): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  // 0 or a number beyond all memory where there is no limit
  const constrained = process.constrainedMemory()
  const allowed = constrained > 0 ? Math.min(constrained, MACHINE_BYTES) : MACHINE_BYTES
  return Math.max(used / limit, process.memoryUsage.rss() / allowed)
}

const processSensors: LoadSensors = {
  nowMs: () => performance.now(),
  memoryShare,
  every: (ms, act) => {
    const timer = setInterval(act, ms).unref()
    return { stop: () => { clearInterval(timer) } }
  },
  // Not `unref`: an idle loop would sleep with it, and the sleep be taken for work
  nextTurn: act => { setImmediate(act) }
}
