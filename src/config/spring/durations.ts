import { SPRING_DURATION, springDurationMs } from '../../contract/spring-values.ts'
import { leaf, type Leaf, type Tree } from '../tree.ts'
import type { Conversion } from './conversion.ts'

/** Stays as it is written. */
const SIMPLE = /^\+?(\d+)(ms|s|m|h|d)?$/i

/**
 * A duration of Spring Boot (`500`, `5s`, `PT5S`; a bare number is milliseconds) in native form. A negative one is Spring's way
 * to say that there is no limit: a day. Undefined, and a fault, where it is none.
 */
export function convertDuration (tree: Tree, path: string, conversion: Conversion): Leaf | undefined {
  const text = tree.kind === 'leaf' ? String(tree.value).trim() : ''
  if (tree.kind === 'leaf' && text.startsWith('${')) return tree
  const found = nativeDuration(text)
  if (tree.kind !== 'leaf' || found === null) {
    conversion.refuse(tree.span, path, SPRING_DURATION, 'GW_CONFIG_INVALID')
    return undefined
  }
  if (found === NO_LIMIT) conversion.warn(tree.span, path, `Spring waits without a limit; here that is ${NO_LIMIT}`)
  const isKept = tree.written !== tree.value && found.startsWith(text)
  return leaf(found, tree.span, isKept ? `${String(tree.written)}${found.slice(text.length)}` : found)
}

const NO_LIMIT = '1d'

function nativeDuration (text: string): string | null {
  if (text.startsWith('-')) return NO_LIMIT
  const [, amount, unit = 'ms'] = SIMPLE.exec(text) ?? []
  if (amount !== undefined) return `${amount}${unit.toLowerCase()}`
  const ms = springDurationMs(text)
  return ms === null ? null : `${ms}ms`
}
