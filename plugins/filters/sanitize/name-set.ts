import { ConfigError } from '../../../src/contract/index.ts'

/** Names of header fields: some exact, some whole families by how they begin. Lower case. */
export interface NameSet { readonly names: ReadonlySet<string>, readonly prefixes: readonly string[] }

/** A name as the strictest of servers keep it: CGI and what grew out of it know no other signs than these (RFC 3875 4.1.18), so that `X.User_Id` may become `x-user-id`. */
export const folded = (name: string): string => name.toLowerCase().replace(/[^a-z0-9-]/g, '-')

/** What a name or a family is written as: `X-Tenant`, `X-Tenant-*`, `X-Tenant-`. */
export const NAME_OR_FAMILY = "^[!#$%&'+\\-.^_`|~0-9A-Za-z]+\\*?$"
export const NAME_OR_FAMILY_EXPECTS = 'a header name, or the beginning of names with - or * at its end'

/** Names that only HTTP itself writes; removing them would do nothing, or change where a message ends. */
const OF_THE_CONNECTION = ['host', 'content-length', 'transfer-encoding', 'connection', 'te', 'trailer', 'upgrade', 'expect', 'keep-alive']

/** Whether it stands for all names that begin so. `_` and `.` are other spellings of `-`. */
export const isFamily = (text: string): boolean => /[-*_.]$/.test(text)

/** Reads a list of the route file. `fold`: as `folded` has them, so that they stand for all their other spellings. ConfigError at `pointer`. */
export function nameSet (written: readonly string[], pointer: string, fold: boolean): NameSet {
  const names = new Set<string>()
  const prefixes: string[] = []
  written.forEach((text, i) => {
    const at = `${pointer}/${i}`
    const lower = text.replace(/\*$/, '').toLowerCase()
    const name = fold ? folded(lower) : lower
    if (!isFamily(text) && OF_THE_CONNECTION.includes(name)) throw new ConfigError('GW_CONFIG_NO_EFFECT', at, `${name} is never passed on as it came: the gateway writes it`)
    if (isFamily(text)) prefixes.push(name)
    else names.add(name)
  })
  return { names, prefixes }
}

/** Whether a name is one of them. */
export const includes = ({ names, prefixes }: NameSet, name: string): boolean =>
  names.has(name) || prefixes.some(prefix => name.startsWith(prefix))
