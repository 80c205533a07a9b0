import { statusesOf, UPSTREAM_FAULTS, type ErrorCode } from '../../../src/contract/index.ts'

/** A `timeout` inside has ended the try alone; one around all tries has ended them too. */
const CODES = { ...UPSTREAM_FAULTS, timeout: [...UPSTREAM_FAULTS.timeout, 'GW_TOTAL_TIMEOUT'], overloaded: ['GW_OVERLOADED'] } as const
type Exception = keyof typeof CODES

/** What may come instead of an answer, in the words of the route file. Refusals of the gateway are not among them. */
export const EXCEPTIONS = Object.keys(CODES) as Exception[]

/** Says which failures are worth another try. */
export class Retriable {
  readonly #statuses: ReadonlySet<number>
  readonly #codes: ReadonlySet<ErrorCode>

  constructor (statuses: readonly (number | string)[], exceptions: readonly Exception[]) {
    this.#statuses = statusesOf(statuses, '/statuses')
    this.#codes = new Set<ErrorCode>(exceptions.flatMap(name => CODES[name]))
  }

  status (status: number): boolean {
    return this.#statuses.has(status)
  }

  code (code: ErrorCode): boolean {
    return this.#codes.has(code)
  }
}
