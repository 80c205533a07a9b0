import { parameter, parseQuery } from '../../../src/contract/index.ts'
import { laxName, type NameList } from './name-list.ts'

/** Older servers end a parameter at a semicolon too. */
const parts = (raw: string): string[] => raw.includes(';') ? raw.split(';') : [raw]

/** A query without the parameters that may not pass; those that stay keep their bytes. */
export function sievedQuery (query: string, passes: NameList): string {
  const sent = query.split('&')
  const kept = sent.filter(raw => parts(raw).every(part => part === '' || passes(nameOf(part))))
  return kept.length === sent.length ? query : kept.join('&')
}

function nameOf (raw: string): string {
  const at = raw.indexOf('=')
  const name = at < 0 ? raw : raw.slice(0, at)
  return name.includes('%') || name.includes('+') ? parseQuery(name)[0]!.name : name
}

/** A query with the values of one parameter rewritten, the others byte for byte as they were. `name` by `laxName`. */
export function rewrittenQuery (query: string, name: string, rewrite: (value: string) => string): string {
  const one = (raw: string): string => {
    const [found] = parseQuery(raw)
    if (found === undefined || laxName(found.name) !== name) return raw
    const value = rewrite(found.value)
    return value === found.value ? raw : `${raw.split('=', 1)[0]!}${parameter('', value).raw}`
  }
  return query.split('&').map(raw => {
    const whole = one(raw)
    return whole === raw && raw.includes(';') ? raw.split(';').map(one).join(';') : whole
  }).join('&')
}
