import { parseArgs } from 'node:util'

/** What the command line asked for. */
export interface Options {
  /** Names of the scenarios to run; empty: all of them. */
  readonly scenarios: readonly string[]
  /** Length of one measured window. */
  readonly seconds: number
  /** How often every server is measured; the best round counts. */
  readonly rounds: number
  /** Names of the servers to run; empty: all of them. */
  readonly only: readonly string[]
  /** Where to write the results as JSON, or null. */
  readonly json: string | null
}

/** Reads the command line; throws with a sentence for the user where it makes no sense. */
export function parseOptions (argv: string[]): Options {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      json: { type: 'string' }
    }
  })
  return {
    scenarios: positionals,
    seconds: positive('--seconds', values.seconds),
    rounds: positive('--rounds', values.rounds),
    only: values.only.toLowerCase().split(',').map((name) => name.trim()).filter((name) => name !== ''),
    json: values.json ?? null
  }
}

function positive (flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`${flag} takes a whole number above zero, not '${text}'`)
  return value
}
