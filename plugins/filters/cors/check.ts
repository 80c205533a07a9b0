import { ConfigError } from '../../../src/contract/index.ts'
import type { CorsConfig } from './cors-config.ts'
import { isAnyHost } from './origins.ts'

/** Throws ConfigError where options of the room do not go together. */
export function check (config: CorsConfig): void {
  const { methods, headers = [], exposedHeaders = [], credentials } = config
  checkOrigins(config)
  onlyStar(methods, '/methods', [])
  onlyStar(headers, '/headers', ['authorization'])
  onlyStar(exposedHeaders, '/exposedHeaders', [])
  if (credentials && exposedHeaders.includes('*')) {
    throw new ConfigError('GW_CONFIG_NO_EFFECT', '/exposedHeaders', 'with credentials browsers take * for a header of that name (Fetch, CORS protocol and credentials): name the headers')
  }
}

function checkOrigins ({ origins = [], originPatterns = [], credentials, privateNetwork }: CorsConfig): void {
  const given = [...origins, ...originPatterns]
  if (given.length === 0) {
    throw new ConfigError('GW_CONFIG_INVALID', '', '"origins" or "originPatterns" is missing: the origins whose pages may use the route, or * for all')
  }
  if (given.includes('*') && given.length > 1) {
    throw new ConfigError('GW_CONFIG_NO_EFFECT', origins.includes('*') ? '/origins' : '/originPatterns', '* lets in every origin, so the others have no effect')
  }
  if (!given.some(origin => origin === 'null' || isAnyHost(origin))) return
  if (credentials) throw new ConfigError('GW_CONFIG_INVALID', '/credentials', 'any site could act as its visitors: name the origins that may send credentials')
  if (privateNetwork) throw new ConfigError('GW_CONFIG_INVALID', '/privateNetwork', 'any site could reach into the private network: name the origins that may')
}

/** Beside `*`, only what it does not cover makes a difference. */
function onlyStar (list: readonly string[], pointer: string, besides: readonly string[]): void {
  if (!list.includes('*')) return
  const idle = list.findIndex(entry => entry !== '*' && !besides.includes(entry.toLowerCase()))
  if (idle >= 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/${idle}`, '* covers it already')
}
