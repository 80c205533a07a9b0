import { ConfigError } from '../../../src/contract/index.ts'

/** What each of Java's exceptions is here. IOException is the parent of all that concerns a connection. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'java.lang.Throwable': ['connect', 'tls', 'reset', 'timeout', 'protocol'],
  'java.lang.Exception': ['connect', 'tls', 'reset', 'timeout', 'protocol'],
  'java.io.IOException': ['connect', 'tls', 'reset'],
  'java.net.SocketException': ['connect', 'reset'],
  'java.net.ConnectException': ['connect'],
  'java.net.NoRouteToHostException': ['connect'],
  'java.net.UnknownHostException': ['connect'],
  'io.netty.channel.ConnectTimeoutException': ['connect'],
  'javax.net.ssl.SSLException': ['tls'],
  'javax.net.ssl.SSLHandshakeException': ['tls'],
  'reactor.netty.http.client.PrematureCloseException': ['reset'],
  'java.util.concurrent.TimeoutException': ['timeout'],
  'org.springframework.cloud.gateway.support.TimeoutException': ['timeout'],
  'io.netty.handler.timeout.ReadTimeoutException': ['timeout']
}

/** The failures that Java's exceptions stand for. */
export const springExceptions = (names: readonly string[]): string[] => [...new Set(names.flatMap(name => EXCEPTIONS[name] ?? noEquivalent(name)))]

function noEquivalent (name: string): never {
  throw new ConfigError('GW_CONFIG_NO_EQUIVALENT', '/exceptions', `no failure here is a ${name}: those that are known are ${Object.keys(EXCEPTIONS).join(', ')}`)
}
