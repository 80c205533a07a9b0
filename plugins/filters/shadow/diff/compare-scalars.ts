import type { DifferenceKind } from '../comparison.ts'
import type { CompareRules } from './compare-rules.ts'
import { instantOf } from './instant.ts'
import { LongNumber, type Json } from './json-tree.ts'
import type { PathRule, Tolerance } from './path-rule.ts'
import { formatDiffers } from './string-class.ts'

/** How two scalars of the same JSON type differ, null where they are alike. `name` is that of the member they are in. */
export function scalarDifference (live: Json, other: Json, name: string, rule: PathRule, rules: CompareRules): DifferenceKind | null {
  if (live === other || rule.typeOnly) return null
  if (typeof live === 'string' && typeof other === 'string') return stringDifference(rules.mask(live), rules.mask(other), name, rules.timesMs)
  if (typeof live === 'boolean') return 'value'
  if (sameNumber(live, other, rule.tolerance)) return null
  return timeDifference(live, other, name, rules.timesMs) ?? 'number'
}

function stringDifference (live: string, other: string, name: string, timesMs: number): DifferenceKind | null {
  if (live === other) return null
  return timeDifference(live, other, name, timesMs) ?? (formatDiffers(live, other) ? 'format' : 'value')
}

/** Where live is a time; what can only be told to the minute, or to the day, is no further off than that. */
function timeDifference (live: Json, other: Json, name: string, timesMs: number): DifferenceKind | null {
  const was = instantOf(live, name)
  if (was === null) return null
  const is = instantOf(other, name)
  if (is?.form !== was.form) return 'format'
  return Math.abs(is.ms - was.ms) <= Math.max(timesMs, was.grainMs, is.grainMs) ? 'value' : 'time'
}

function sameNumber (live: Json, other: Json, tolerance: Tolerance | null): boolean {
  if (live instanceof LongNumber && other instanceof LongNumber && live.text === other.text) return true
  const [a, b] = [numberOf(live), numberOf(other)]
  if (a === b) return !(live instanceof LongNumber && other instanceof LongNumber)
  return tolerance !== null && Math.abs(a - b) <= Math.max(tolerance.absolute, tolerance.relative * Math.max(Math.abs(a), Math.abs(b)))
}

/** The double next to a number. */
export const numberOf = (value: Json): number => value instanceof LongNumber ? value.value : value as number
