import { generateKeyPair, type JsonWebKey } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { Provider } from 'oidc-provider'

/** How an issuer is set up. */
export interface LoopbackIssuerOptions {
  /** Name in the issuer's URL; it listens on 127.0.0.1 whatever it says. */
  hostname?: string
  port?: number
  /** PEM; without it the issuer speaks plain http. */
  tls?: { key: string, cert: string }
  /** oidc-provider's configuration without `adapter`. */
  configuration: (issuer: string) => Record<string, unknown>
  /** Further grant types and the like, on each provider that is made. */
  prepare?: (provider: Provider) => void
  /** Takes a request before the provider does; true where it has. */
  answer?: (req: IncomingMessage, res: ServerResponse, provider: Provider) => boolean
}

/** An authorization server on loopback. */
export interface LoopbackIssuer {
  readonly issuer: string
  /** Takes the configuration anew; tokens, sessions and grants stay. */
  configure(): void
  close(): Promise<void>
}

type OidcProvider = typeof import('oidc-provider')

const importPackage = () => import('oidc-provider')

/** oidc-provider, an optional dependency. Throws an Error that says so where it is not installed. */
export async function loadOidcProvider (load: () => Promise<OidcProvider> = importPackage): Promise<OidcProvider> {
  const speak = hush()
  try {
    return await load()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new Error('the demo issuer needs oidc-provider, an optional dependency that is not installed: npm install oidc-provider', { cause })
  } finally {
    speak()
  }
}

/** Runs oidc-provider in this process. */
export async function startLoopbackIssuer ({ hostname = '127.0.0.1', port = 0, tls, configuration, prepare, answer }: LoopbackIssuerOptions): Promise<LoopbackIssuer> {
  const { Provider } = await loadOidcProvider()
  const { createMemoryAdapter } = await import('oidc-provider/lib/adapters/memory_adapter.js')
  const adapter = createMemoryAdapter()
  let provider: Provider
  let handle: ReturnType<Provider['callback']>
  const take: RequestListener = (req, res) => {
    if (answer?.(req, res, provider)) return
    handle(req, res).catch(() => { res.destroy() })
  }
  const server = tls ? createTlsServer(tls, take) : createServer(take)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const issuer = `${tls ? 'https' : 'http'}://${hostname}:${(server.address() as AddressInfo).port}`
  const configure = (): void => {
    const speak = hush()
    try {
      provider = new Provider(issuer, { ...configuration(issuer), adapter })
    } finally {
      speak()
    }
    prepare?.(provider)
    handle = provider.callback()
  }
  configure()
  return {
    issuer,
    configure,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => { server.close(resolve) })
    }
  }
}

/** oidc-provider tells its advice for production on the console: of no use to who runs a demo. Gives what ends the silence. */
function hush (): () => void {
  const { info, warn } = console
  const but = (say: typeof info) => (...said: unknown[]) => { if (!String(said[0]).includes('oidc-provider ')) say(...said) }
  console.info = but(info)
  console.warn = but(warn)
  return () => { Object.assign(console, { info, warn }) }
}

/** A private JWK to sign with, made now. */
export async function signingKey (alg: 'RS256' | 'ES256' | 'EdDSA', kid: string): Promise<JsonWebKey> {
  const { privateKey } = alg === 'RS256'
    ? await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    : alg === 'ES256' ? await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' }) : await promisify(generateKeyPair)('ed25519')
  return { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
}
