import { ConfigError } from '../../../src/contract/index.ts'

/** An allow-list or a deny-list of the route file. */
export interface NameListConfig { readonly allow?: readonly string[], readonly deny?: readonly string[] }

/** Whether something of this name may pass; every reading of a piece is asked about. */
export type NameList = (name: string) => boolean

/**
 * Compiles a list of the names of parameters or cookies; `*` at the end stands for what follows. An allow-list compares exactly. A deny-list compares names
 * as the laxest of servers read them (`laxName`): what slips past it under another spelling has not been denied. ConfigError at `pointer`.
 */
export function nameList ({ allow, deny }: NameListConfig, pointer: string): NameList {
  checkList({ ...allow && { allow }, ...deny && { deny } }, pointer)
  if (allow) return matcher(allow)
  const denied = matcher(deny!.map(laxName))
  return name => !denied(laxName(name))
}

/** One of the two, or there is nothing to go by. */
export function checkList (list: NameListConfig, pointer: string): void {
  const { length } = Object.keys(list)
  if (length === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', pointer, 'give a list: allow or deny')
  if (length === 2) throw new ConfigError('GW_CONFIG_INVALID', pointer, 'give allow or deny, not both: what is not allowed is denied')
}

function matcher (written: readonly string[]): (name: string) => boolean {
  const exact = new Set(written.filter(name => !name.endsWith('*')))
  const prefixes = written.filter(name => name.endsWith('*')).map(name => name.slice(0, -1))
  return name => exact.has(name) || prefixes.some(prefix => name.startsWith(prefix))
}

/** Read alike by all. */
const PLAIN = /^[a-z0-9_-]*$/

/**
 * A name with all that some server does not tell apart made equal: case (ASP.NET), escapes once more and as %uXXXX (IIS, PHP's cookies), `a[b]` as `a`
 * (PHP, Rack, qs), space and dot as `_`, what precedes and what follows NUL (PHP).
 */
export function laxName (name: string): string {
  if (PLAIN.test(name)) return name
  const plain = name.replace(/%u([0-9a-f]{4})|%([0-9a-f]{2})/gi, (_, wide: string | undefined, byte: string) => String.fromCharCode(parseInt(wide ?? byte, 16)))
  const [seen = ''] = plain.trimStart().split('\0', 1)
  const bracket = seen.indexOf('[')
  const base = bracket > 0 && seen.indexOf(']', bracket) > 0 ? seen.slice(0, bracket) : seen
  return base.replace(/[\s.+[]/g, '_').toLowerCase()
}
