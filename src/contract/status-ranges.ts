import Type from 'typebox'
import { ConfigError } from './config-error.ts'

/** Statuses as route files write them: one, or all of `500-504` or `5xx`; none below `least`, the first of its hundred. */
export const StatusRange = (least: 100 | 200 | 400) => Type.Union([
  Type.Integer({ minimum: least, maximum: 599 }),
  Type.String({ pattern: `^[${least / 100}-5]([0-9]{2}-[${least / 100}-5][0-9]{2}|xx)$` })
], { 'x-expects': `a status from ${least} to 599, or several such as 500-504 or 5xx` })

/** Every status that a list of them means. ConfigError at its place in the list where a range begins above its end. */
export function statusesOf (written: readonly (number | string)[], pointer: string): ReadonlySet<number> {
  return new Set(written.flatMap((range, i) => {
    const [from, to] = ends(String(range))
    if (from > to) throw new ConfigError('GW_CONFIG_INVALID', `${pointer}/${i}`, 'expected the lower status first')
    return Array.from({ length: to - from + 1 }, (_, n) => from + n)
  }))
}

function ends (range: string): [number, number] {
  const [from = '', to = from] = range.split('-')
  return [Number(from.replace('xx', '00')), Number(to.replace('xx', '99'))]
}
