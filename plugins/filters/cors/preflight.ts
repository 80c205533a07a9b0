import { HeaderList } from '../../../src/contract/index.ts'
import type { CorsConfig } from './cors-config.ts'
import { addVary } from './vary.ts'

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const ASKED_METHOD = 'access-control-request-method'
const ASKED_HEADERS = 'access-control-request-headers'
const ASKED_NETWORK = 'access-control-request-private-network'

/** What a preflight asks for: whether it may have it, and the answer, to which the origin is added. */
export interface PreflightRule {
  /** What of it is not allowed, null for nothing. */
  fault(headers: HeaderList): string | null
  answer(headers: HeaderList): HeaderList
}

/** Compiles what preflights of a route may ask for (Fetch, CORS-preflight fetch). */
export function preflightRule (config: CorsConfig): PreflightRule {
  const methods = new Set(config.methods)
  const anyMethod = methods.has('*')
  const methodList = config.methods.join(', ')
  const { headers: named = [] } = config
  const known = new Set(named.map(name => name.toLowerCase()))
  const anyHeader = known.delete('*')
  const headerList = named.join(', ')
  const maxAgeSeconds = String(Math.floor(config.maxAge / 1000))
  // `*` is never sent: with credentials browsers take it literally, and for Authorization always.
  const allowed = (name: string): boolean => known.has(name) || (anyHeader && name !== 'authorization' && TOKEN.test(name))
  return {
    fault: headers => {
      const method = headers.get(ASKED_METHOD) ?? ''
      if (!(anyMethod ? TOKEN.test(method) : methods.has(method))) return 'the method is not allowed'
      return asked(headers).every(allowed) ? null : 'a header is not allowed'
    },
    answer: headers => {
      const answer = new HeaderList()
      answer.set('access-control-allow-methods', anyMethod ? headers.get(ASKED_METHOD)! : methodList)
      const names = anyHeader ? asked(headers).join(', ') : headerList
      if (names !== '') answer.set('access-control-allow-headers', names)
      answer.set('access-control-max-age', maxAgeSeconds)
      if (config.privateNetwork && headers.first(ASKED_NETWORK) === 'true') answer.set('access-control-allow-private-network', 'true')
      addVary(answer, ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers'])
      return answer
    }
  }
}

/** The names asked for (Fetch, CORS-unsafe request-header names), in lower case. */
function asked (headers: HeaderList): string[] {
  const list = headers.get(ASKED_HEADERS)
  return list === undefined ? [] : list.toLowerCase().split(',').map(name => name.trim()).filter(name => name !== '')
}
