import { leaf, type Leaf, type Tree } from '../tree.ts'
import type { Conversion } from './conversion.ts'

const UNITS = /^\+?(\d+)(ms|s|m|h|d)$/i
const ISO = /^PT(?=\d)(\d+H)?(\d+M)?(\d+(?:\.\d+)?S)?$/i

/**
 * A duration of Spring Boot (`500`, `5s`, `PT5S`; a bare number is milliseconds) in native form. A negative one is Spring's way
 * to say that there is no limit: a day. Undefined, and a fault, where it is none.
 */
export function convertDuration (tree: Tree, path: string, conversion: Conversion): Leaf | undefined {
  const text = tree.kind === 'leaf' ? String(tree.value).trim() : ''
  if (tree.kind === 'leaf' && text.startsWith('${')) return tree
  const found = nativeDuration(text)
  if (tree.kind !== 'leaf' || found === null) {
    conversion.refuse(tree.span, path, 'expected a duration such as 500, 500ms, 5s or PT5S', 'GW_CONFIG_INVALID')
    return undefined
  }
  if (found === NO_LIMIT) conversion.warn(tree.span, path, `Spring waits without a limit; here that is ${NO_LIMIT}`)
  const isKept = tree.written !== tree.value && found.startsWith(text)
  return leaf(found, tree.span, isKept ? `${String(tree.written)}${found.slice(text.length)}` : found)
}

const NO_LIMIT = '1d'

function nativeDuration (text: string): string | null {
  if (/^\d+$/.test(text)) return `${text}ms`
  if (/^-/.test(text)) return NO_LIMIT
  const [, amount, unit] = UNITS.exec(text) ?? []
  if (amount !== undefined) return `${amount}${unit!.toLowerCase()}`
  const iso = ISO.exec(text)
  if (!iso) return null
  const [hours = 0, minutes = 0, seconds = 0] = iso.slice(1).map(part => parseFloat(part || '0'))
  return `${Math.round((hours * 3600 + minutes * 60 + seconds) * 1000)}ms`
}
