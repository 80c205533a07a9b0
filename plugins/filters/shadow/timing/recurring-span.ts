import { Cron } from 'croner'
import { ConfigError } from '../../../../src/contract/index.ts'
import type { WindowConfig } from './timing-schema.ts'

const SHORTEST_MS = 60_000
const LONGEST_MS = 7 * 86_400_000

/**
 * One window as it comes again and again. Where clocks are put forward over its start, it begins when the hour that was left out would have ended; where
 * they are put back, at the first of the two. One that starts every so often (a range or step of hours, or of minutes) keeps its pace instead.
 */
export class RecurringSpan {
  readonly #cron: Cron
  readonly #forMs: number

  /** Throws ConfigError below `pointer`. */
  constructor ({ cron, zone, for: forMs }: WindowConfig, nowMs: number, pointer: string) {
    if (forMs < SHORTEST_MS || forMs > LONGEST_MS) throw new ConfigError('GW_CONFIG_INVALID', `${pointer}/for`, 'a window lasts from 1m to 7d')
    checkZone(zone, `${pointer}/zone`)
    this.#cron = compileCron(cron, zone, `${pointer}/cron`)
    this.#forMs = forMs
    if (this.nextStartMs(nowMs) === Infinity) throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/cron`, 'no calendar has such a day')
  }

  /** When the span ends that holds this instant; before it, where none does. */
  endMs (atMs: number): number {
    // Croner looks for starts before an instant, and one that starts at it counts
    const [start] = this.#cron.previousRuns(1, new Date(atMs + 1))
    return start === undefined ? -Infinity : start.getTime() + this.#forMs
  }

  /** When the next one begins after this instant. */
  nextStartMs (atMs: number): number {
    return this.#cron.nextRun(new Date(atMs))?.getTime() ?? Infinity
  }
}

/** Names only: an offset is no zone, since it knows nothing of summers. */
function checkZone (zone: string, pointer: string): void {
  if (!/^[A-Za-z]/.test(zone) || !isZone(zone)) throw new ConfigError('GW_CONFIG_INVALID', pointer, `there is no IANA time zone "${zone}": one is Europe/Berlin`)
}

function isZone (timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }) !== null
  } catch {
    return false
  }
}

function compileCron (cron: string, timezone: string, pointer: string): Cron {
  // Times that are listed are times of the day; a range or step is a pace that should not falter for an hour
  const fixedTimeRule = /[*/-]/.test(cron.split(/ +/)[1]!) ? 'single-value' : 'no-wildcard'
  try {
    return new Cron(cron, { timezone, mode: '5-part', fixedTimeRule })
  } catch (error) {
    throw new ConfigError('GW_CONFIG_INVALID', pointer, `not a cron expression: ${(error as Error).message.replace(/^CronPattern: /, '')}`)
  }
}
