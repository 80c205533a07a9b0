import { ConfigError, type Clock } from '../../../../src/contract/index.ts'
import { RecurringSpan } from './recurring-span.ts'
import type { WindowConfig } from './timing-schema.ts'

/** When mirroring is on: inside one of `windows` (at any time, where there are none), and inside none of `except`. */
export interface WindowsConfig { readonly windows?: readonly WindowConfig[] | undefined, readonly except?: readonly WindowConfig[] | undefined }

/** Whether it is on now. */
export interface TimeWindows {
  /** Two comparisons of numbers, but where the last answer has run out. */
  isOpen(): boolean
  /** 0 where it is open; Infinity where no opening is in sight. */
  opensInMs(): number
}

const ALWAYS: TimeWindows = { isOpen: () => true, opensInMs: () => 0 }

/** How far ahead an opening is looked for: windows may well leave nothing of each other. */
const MOST_CHANGES = 64

/** Compiles the windows of a mirror. ConfigError below `pointer` where one is wrong, or nothing is ever open. */
export function timeWindows ({ windows = [], except = [] }: WindowsConfig, clock: Pick<Clock, 'now'>, pointer: string): TimeWindows {
  if (windows.length + except.length === 0) return ALWAYS
  const spans = (key: string, list: readonly WindowConfig[]) => list.map((one, i) => new RecurringSpan(one, clock.now(), `${pointer}/${key}/${i}`))
  const times = new Times(spans('windows', windows), spans('except', except), clock)
  if (times.opensInMs() === Infinity) throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/except`, 'leaves no time at which anything would be mirrored')
  return times
}

/** What holds from one instant to another. */
interface Phase { readonly isOpen: boolean, readonly fromMs: number, readonly untilMs: number }

class Times implements TimeWindows {
  readonly #windows: readonly RecurringSpan[]
  readonly #except: readonly RecurringSpan[]
  readonly #clock: Pick<Clock, 'now'>
  #phase: Phase
  /** When the phase after this one opens; NaN until somebody asks. */
  #opensAtMs = NaN

  constructor (windows: readonly RecurringSpan[], except: readonly RecurringSpan[], clock: Pick<Clock, 'now'>) {
    this.#windows = windows
    this.#except = except
    this.#clock = clock
    this.#phase = this.#phaseAt(clock.now())
  }

  isOpen (): boolean {
    return this.#at(this.#clock.now()).isOpen
  }

  opensInMs (): number {
    const nowMs = this.#clock.now()
    if (this.#at(nowMs).isOpen) return 0
    if (Number.isNaN(this.#opensAtMs)) this.#opensAtMs = this.#nextOpeningMs()
    return this.#opensAtMs - nowMs
  }

  /** A clock that was put back counts as well: it is the wall's. */
  #at (nowMs: number): Phase {
    if (nowMs < this.#phase.fromMs || nowMs >= this.#phase.untilMs) {
      this.#phase = this.#phaseAt(nowMs)
      this.#opensAtMs = NaN
    }
    return this.#phase
  }

  #nextOpeningMs (): number {
    let atMs = this.#phase.untilMs
    for (let i = 0; i < MOST_CHANGES; i++) {
      const phase = this.#phaseAt(atMs)
      if (phase.isOpen) return atMs
      atMs = phase.untilMs
    }
    return Infinity
  }

  /** What holds at an instant, and until when it surely does. */
  #phaseAt (atMs: number): Phase {
    const shutUntilMs = latestEndMs(this.#except, atMs)
    if (shutUntilMs > atMs) return { isOpen: false, fromMs: atMs, untilMs: shutUntilMs }
    const openUntilMs = this.#windows.length === 0 ? Infinity : latestEndMs(this.#windows, atMs)
    if (openUntilMs > atMs) return { isOpen: true, fromMs: atMs, untilMs: Math.min(openUntilMs, nextStartMs(this.#except, atMs)) }
    return { isOpen: false, fromMs: atMs, untilMs: nextStartMs(this.#windows, atMs) }
  }
}

const latestEndMs = (spans: readonly RecurringSpan[], atMs: number): number => Math.max(...spans.map(span => span.endMs(atMs)))

const nextStartMs = (spans: readonly RecurringSpan[], atMs: number): number => Math.min(...spans.map(span => span.nextStartMs(atMs)))
