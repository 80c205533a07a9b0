import { Value } from 'typebox/value'
import { Duration } from '../../contract/units.ts'
import { UsageError } from '../../contract/usage-error.ts'

const duration = Duration()

/** A duration of the command line (`10m`) in whole seconds. */
export function optionSeconds (option: string, text: string): number {
  if (!Value.Check(duration, text)) throw new UsageError(`--${option} ${text}: expected a duration such as 90s, 10m or 24h`)
  return Math.ceil(Value.Decode(duration, text) / 1000)
}
