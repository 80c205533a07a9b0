import { ConfigError, springList, springStatus, type SpringForm } from '../../../src/contract/index.ts'

/** Spring's `CircuitBreaker`. Its window and rates stand in no route file: they are set in code or in Resilience4J's properties. */
export const springCircuitBreaker: SpringForm = {
  name: 'CircuitBreaker',
  args: ['name'],
  toConfig: ({ name, fallbackUri, statusCodes, resumeWithoutError }) => {
    if (resumeWithoutError !== undefined && resumeWithoutError !== 'false') {
      throw new ConfigError('GW_CONFIG_NO_EQUIVALENT', '/resumeWithoutError', 'a call that has failed is not told to have gone well: a fallback says what the client gets')
    }
    return {
      ...name !== undefined && { name },
      ...statusCodes !== undefined && { statuses: springList(statusCodes).map(springStatus) },
      ...fallbackUri !== undefined && { fallback: { path: pathOf(String(fallbackUri)) } }
    }
  }
}

/** Spring knows no other way than this one. */
function pathOf (uri: string): string {
  const [, path] = /^forward:(\/[^?#]*)$/.exec(uri) ?? []
  if (path === undefined) throw new ConfigError('GW_CONFIG_NO_EQUIVALENT', '/fallbackUri', 'only forward:/path without a query has an equivalent')
  return path
}
