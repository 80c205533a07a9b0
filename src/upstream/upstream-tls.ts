import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, createSecureContext, type ConnectionOptions } from 'node:tls'
import { ConfigError } from '../contract/config-error.ts'
import type { TlsConfig } from '../contract/route-file.ts'

/** What a TLS connection to an endpoint is opened with: the form that undici's connector and node:https take. */
export interface UpstreamTls extends Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'checkServerIdentity'> {
  /** Name for SNI (RFC 6066 3); '' for none, as an address has none. */
  readonly servername: string
}

/**
 * Reads and checks the TLS section of an upstream once. The name that the certificate must have is that of the endpoint or
 * `serverName`, never the Host field, which a client may have chosen. Throws ConfigError at /tls.
 */
export function upstreamTls (hostname: string, config: TlsConfig | null): UpstreamTls {
  const serverName = config?.serverName ?? hostname.replace(/^\[|\]$/g, '')
  return {
    ...config && secrets(config),
    rejectUnauthorized: config?.insecure !== true,
    servername: isIP(serverName) === 0 ? serverName : '',
    checkServerIdentity: (_name, certificate) => checkServerIdentity(serverName, certificate)
  }
}

function secrets ({ ca, cert, key }: TlsConfig): Pick<UpstreamTls, 'ca' | 'cert' | 'key'> {
  if ((cert === undefined) !== (key === undefined)) throw new ConfigError('GW_CONFIG_INVALID', cert === undefined ? '/tls/key' : '/tls/cert', 'a client certificate needs both cert and key')
  const authority = ca === undefined ? {} : { ca: pem(ca, '/tls/ca') }
  const identity = cert === undefined || key === undefined ? {} : { cert: pem(cert, '/tls/cert'), key: pem(key, '/tls/key') }
  check('/tls/ca', () => authority.ca === undefined || new X509Certificate(authority.ca))
  check('/tls/cert', () => createSecureContext(identity))
  return { ...authority, ...identity }
}

function check (pointer: string, use: () => unknown): void {
  try {
    use()
  } catch (error) {
    throw new ConfigError('GW_CONFIG_INVALID', pointer, `cannot be used: ${(error as Error).message}`)
  }
}

/** A PEM text, or the file that holds it. */
function pem (value: string, pointer: string): string {
  if (value.includes('-----BEGIN ')) return value
  try {
    return readFileSync(value, 'utf8')
  } catch (error) {
    throw new ConfigError('GW_CONFIG_INVALID', pointer, `neither PEM text nor a file that can be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
