import type { DifferenceKind } from '../comparison.ts'
import type { CompareRules } from './compare-rules.ts'
import { numberOf } from './compare-scalars.ts'
import { instantOf } from './instant.ts'
import { Items, jsonType, LongNumber, Members, type Json } from './json-tree.ts'
import { withoutPersonalData } from './personal-data.ts'
import type { PathRule } from './path-rule.ts'
import { stringClass } from './string-class.ts'

/** What stands where there is nothing. */
export const ABSENT = 'absent'

/** What JSON does not escape and drives a terminal all the same: other controls, what turns the direction of text, halves of surrogate pairs. */
const UNPRINTABLE = /[^\P{C}\u0000-\u001f]/gu // eslint-disable-line no-control-regex

/** What is kept of two values that differ: their shapes, or the values under `plain`, and how far apart numbers and times are. */
export function samples (kind: DifferenceKind, live: Json, other: Json, name: string, rule: PathRule, rules: CompareRules): [string, string] {
  const show = rule.plain ? (value: Json) => plain(value, name, rules) : (value: Json) => shape(value, name)
  const distance = DISTANCES[kind]?.(live, other, name) ?? ''
  return [show(live), show(other) + distance]
}

/** What a value looks like, and nothing of what it says: `string(12)`, `uuid`, `number(3 digits)`, `list(3)`. */
export function shape (value: Json, name: string): string {
  if (typeof value === 'string') return stringShape(value, name)
  if (value instanceof Items) return `list(${value.items.length})`
  if (value instanceof Members) return `object(${count(value.names.length, 'key')})`
  return jsonType(value) === 'number' ? numberShape(value, name) : String(value)
}

function stringShape (text: string, name: string): string {
  const instant = instantOf(text, name)
  if (instant !== null) return instant.form
  const form = stringClass(text)
  if (form === 'digits' || form === 'hex' || form === 'token') return `string(${text.length}, ${form})`
  return form === 'text' ? `string(${text.length})` : form
}

function numberShape (value: Json, name: string): string {
  const instant = instantOf(value, name)
  if (instant !== null) return instant.form
  const number = Math.abs(numberOf(value))
  if (value instanceof LongNumber || number >= 1e15) return 'number(16 digits or more)'
  return `number(${count(String(Math.trunc(number)).length, 'digit')}${Number.isInteger(number) ? '' : ' and a fraction'})`
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

function plain (value: Json, name: string, rules: CompareRules): string {
  if (typeof value === 'string') {
    const text = withoutPersonalData(rules.mask(value))
    return text === null ? shape(value, name) : JSON.stringify(text.replace(UNPRINTABLE, '\ufffd'))
  }
  return jsonType(value) === 'number' ? withoutPersonalData(value instanceof LongNumber ? value.text : String(value)) ?? shape(value, name) : shape(value, name)
}

const DISTANCES: Readonly<Partial<Record<DifferenceKind, (live: Json, other: Json, name: string) => string>>> = {
  number: (live, other) => relative(numberOf(live), numberOf(other)),
  time: timeDistance,
  value: timeDistance
}

function relative (live: number, other: number): string {
  const share = (other - live) / Math.abs(live) * 100
  if (!Number.isFinite(share)) return ''
  return `, ${sign(share)}${Number(Math.abs(share).toPrecision(2))}%`
}

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000], ['ms', 0]] as const

function timeDistance (live: Json, other: Json, name: string): string {
  const [was, is] = [instantOf(live, name), instantOf(other, name)]
  if (was === null || is === null) return ''
  const ms = Math.abs(is.ms - was.ms)
  const [unit, size] = UNITS.find(([, least]) => ms >= least)!
  return `, ${sign(is.ms - was.ms)}${Number((ms / (size || 1)).toPrecision(3))}${unit}`
}

const sign = (value: number): string => value < 0 ? '-' : '+'
