import type { Socket } from 'node:net'
import { buildConnector, Pool } from 'undici'
import { ConfigError } from '../contract/config-error.ts'
import type { TlsConfig } from '../contract/route-file.ts'
import { upstreamTls, type UpstreamTls } from './upstream-tls.ts'

/** What a pool of connections to one address is made of; equal ones share the pool. */
export interface EndpointOptions {
  /** `http://host:port` */
  readonly origin: string
  /** The authority that the address was found under, `orders.svc:8080`: for the Host field and for the name in the certificate. Default: that of the origin. */
  readonly name?: string | undefined
  readonly connectMs: number
  readonly connections: number
  /** Calls that wait for a connection, at most. */
  readonly pending: number
  readonly keepAliveMs: number
  readonly tls: TlsConfig | null
  /** Whose calls these connections are for, where they are for some calls only. */
  readonly lane?: string | undefined
}

/** One address of an upstream with its connections. */
export class Endpoint {
  readonly origin: string
  /** Value of the Host field for it (RFC 9110 7.2). */
  readonly authority: string
  /**
   * The same for every request, so that undici keeps a connection whatever Host they carry; which name is really used, `tls`
   * says. Null for plain HTTP.
   */
  readonly serverName: string | null
  readonly tls: UpstreamTls | null
  readonly connectMs: number
  readonly pool: Pool
  readonly #capacity: number
  readonly #connections: number
  readonly #connecting = new Set<Socket>()
  #inFlight = 0

  constructor ({ origin, name, connectMs, connections, pending, keepAliveMs, tls }: EndpointOptions) {
    const { protocol } = new URL(origin)
    const { host, hostname } = name === undefined ? new URL(origin) : new URL(`${protocol}//${name}`)
    this.origin = origin
    this.authority = host
    this.serverName = protocol === 'https:' ? host : null
    this.tls = protocol === 'https:' ? upstreamTls(hostname, tls) : null
    this.connectMs = connectMs
    this.#capacity = connections + pending
    this.#connections = connections
    this.pool = new Pool(origin, {
      connections,
      pipelining: 1,
      // Informational, upgrades and resets are told by an HTTP/1.1 connection only.
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      // What an upstream announces in Keep-Alive is cut by a second, so that it never closes what we are about to use.
      keepAliveTimeoutThreshold: 1000,
      connect: connector(connectMs, this.tls, this.#connecting)
    })
  }

  get inFlight (): number { return this.#inFlight }

  /** Whether one more call fits: open connections, and as many waiting for one. */
  get full (): boolean { return this.#inFlight >= this.#capacity }

  /** Whether all connections are in use. */
  get busy (): boolean { return this.#inFlight > this.#connections }

  enter (): void {
    this.#inFlight++
  }

  leave (): void {
    this.#inFlight--
  }

  /** Ends every connection at once, also those that are not open yet; resolves when they are closed. */
  async destroy (): Promise<void> {
    for (const socket of this.#connecting) socket.destroy()
    await this.pool.destroy()
  }
}

/** Throws ConfigError where an upstream has a `tls` section and no endpoint that it could be about. */
export function checkTlsHasEffect (origins: readonly string[], tls: TlsConfig | undefined): void {
  if (tls !== undefined && !origins.some(origin => origin.startsWith('https:'))) {
    throw new ConfigError('GW_CONFIG_NO_EFFECT', '/tls', 'no endpoint of this upstream is https')
  }
}

/** The request's `servername` stands for nothing (see `serverName`): `tls` has the name. */
function connector (timeoutMs: number, tls: UpstreamTls | null, connecting: Set<Socket>): buildConnector.connector {
  const connect = buildConnector({ timeout: 0, allowH2: false, ...tls } as buildConnector.BuildOptions) as Connect
  return (options, callback) => {
    // undici's own timer comes up to a second late.
    const timer = setTimeout(() => { socket.destroy(Object.assign(new Error('connect timeout'), { code: 'UND_ERR_CONNECT_TIMEOUT' })) }, timeoutMs)
    const socket = connect(tls === null ? options : { ...options, servername: tls.servername }, (...result) => {
      connecting.delete(socket)
      clearTimeout(timer)
      callback(...result)
    })
    connecting.add(socket)
    // Before undici listens, who hands the same error on
    socket.once('error', (error: Error) => { Object.assign(error, { served: socket.bytesRead > 0 }) })
    socket.once('close', () => {
      connecting.delete(socket)
      clearTimeout(timer)
    })
  }
}

/** What buildConnector makes also gives the socket, which its types leave out. */
type Connect = (...args: Parameters<buildConnector.connector>) => Socket
