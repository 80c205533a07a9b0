import { ConfigError, type Exchange } from '../../../src/contract/index.ts'
import { sieveCookies } from './cookie-sieve.ts'
import type { HeaderVerdicts } from './header-verdicts.ts'
import { nameList, type NameList, type NameListConfig } from './name-list.ts'
import { sievedQuery } from './query-sieve.ts'
import { replacement, type ReplacementConfig } from './replacement.ts'

/** What was changed of a request, as the metric has it. */
export type Part = 'header' | 'query' | 'cookie' | 'value'

/** One thing that is done to a request; `act` says whether it has changed anything. */
export interface Change { readonly part: Part, act(x: Exchange): boolean }

/** The part of the config that is about more than which headers stay. */
export interface ChangesConfig { readonly query?: NameListConfig, readonly cookies?: NameListConfig, readonly replace?: readonly ReplacementConfig[] }

const EVERY: NameList = () => true

/** All that is configured beyond headers, in the order in which it is done; empty where nothing is. Throws ConfigError. */
export function changesBeyondHeaders ({ query, cookies, replace = [] }: ChangesConfig, verdicts: HeaderVerdicts): Change[] {
  const parameters = query ? nameList(query, '/query') : EVERY
  const hasCookies = !verdicts.drops('cookie')
  if (cookies && !hasCookies) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/cookies', 'the header Cookie is removed, and all cookies with it; see headers')
  const crumbs = cookies ? nameList(cookies, '/cookies') : EVERY
  const staying = { header: (name: string) => !verdicts.drops(name), query: parameters, cookie: (name: string) => hasCookies && crumbs(name) }
  return [
    ...query ? [{ part: 'query' as const, act: (x: Exchange) => sieveQuery(x, parameters) }] : [],
    ...cookies ? [{ part: 'cookie' as const, act: ({ headers }: Exchange) => sieveCookies(headers, crumbs) }] : [],
    ...replace.map((one, i) => ({ part: 'value' as const, act: replacement(one, `/replace/${i}`, staying) }))
  ]
}

function sieveQuery (x: Exchange, passes: NameList): boolean {
  if (x.query === '') return false
  const query = sievedQuery(x.query, passes)
  const changed = query !== x.query
  x.query = query
  return changed
}
