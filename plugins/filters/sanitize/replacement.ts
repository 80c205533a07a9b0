import { ConfigError, rewrite, settableHeader, type Exchange } from '../../../src/contract/index.ts'
import { rewriteCookies } from './cookie-sieve.ts'
import { laxName } from './name-list.ts'
import { rewrittenQuery } from './query-sieve.ts'

/** One entry of `replace`. */
export interface ReplacementConfig { readonly header?: string, readonly query?: string, readonly cookie?: string, readonly pattern: string, readonly with: string }

/** Rewrites one thing of a request; says whether it has changed. */
export type Replacement = (x: Exchange) => boolean

/** What stays at all, so that a replacement has something to do. */
export interface Staying { header(name: string): boolean, query(name: string): boolean, cookie(name: string): boolean }

const PARTS = ['header', 'query', 'cookie'] as const

/** RFC 6265 4.1.1, and the backslash that replacements escape with. */
const COOKIE_TEXT = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]*$/
/** RFC 9110 5.5. */
const HEADER_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/

/** Compiles an entry. ConfigError at `pointer`. */
export function replacement (config: ReplacementConfig, pointer: string, staying: Staying): Replacement {
  const [part, ...others] = PARTS.filter(part => config[part] !== undefined)
  if (part === undefined || others.length > 0) throw new ConfigError('GW_CONFIG_INVALID', pointer, 'give one of header, query and cookie')
  const name = config[part]!
  const better = rewrite(config.pattern, config.with, { regexp: `${pointer}/pattern`, replacement: `${pointer}/with` })
  const act = ACTS[part](name, better, pointer, config.with)
  if (!staying[part](part === 'header' ? name.toLowerCase() : name)) throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/${part}`, `${name} is removed, so there is nothing to replace`)
  return act
}

type Act = (name: string, better: (text: string) => string, pointer: string, text: string) => Replacement

const ACTS: Readonly<Record<typeof PARTS[number], Act>> = {
  header: (written, better, pointer, text) => {
    const name = settableHeader(written, `${pointer}/header`)
    if (!HEADER_TEXT.test(text)) throw new ConfigError('GW_CONFIG_INVALID', `${pointer}/with`, 'a header value has no control and no wide characters')
    return ({ headers: { flat } }) => {
      let changed = false
      for (let i = 0; i < flat.length; i += 2) {
        if (flat[i] !== name) continue
        const value = better(flat[i + 1]!)
        changed ||= value !== flat[i + 1]
        flat[i + 1] = value
      }
      return changed
    }
  },
  query: (written, better) => {
    const name = laxName(written)
    return x => {
      if (x.query === '') return false
      const query = rewrittenQuery(x.query, name, better)
      const changed = query !== x.query
      x.query = query
      return changed
    }
  },
  cookie: (written, better, pointer, text) => {
    const name = laxName(written)
    if (!COOKIE_TEXT.test(text)) throw new ConfigError('GW_CONFIG_INVALID', `${pointer}/with`, 'a cookie value has no white space, quotes, commas or semicolons (RFC 6265 4.1.1)')
    return ({ headers }) => rewriteCookies(headers, name, better)
  }
}
