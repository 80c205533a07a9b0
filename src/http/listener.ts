import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Limits } from '../contract/settings.ts'
import { clientError, type ClientFault } from './client-error.ts'
import { OpenConnections } from './open-connections.ts'
import type { RequestHandler } from './request-handler.ts'
import { inTurn } from './in-turn.ts'
import { isFree, mayUpgrade, responseOn, upgrade } from './upgrade.ts'

/** One address that clients are served on. */
export interface Listener {
  /** Resolves with the address in use, `{ host, port }`. */
  listen(address: { host: string, port: number }): Promise<{ host: string, port: number }>
  /** Stops accepting, lets requests in flight finish for `drainMs`, closes upgraded connections, then ends what is left. */
  close(drainMs: number): Promise<void>
}

/**
 * Fastify carries the listener and its life; requests go from its server straight to the handler. Its router, hooks and reply
 * objects would cost each request about two microseconds and decide nothing here: all traffic is the data path.
 */
export function listener (handler: RequestHandler, limits: Limits): Listener {
  const open = new OpenConnections()
  const servers: Server[] = []
  const app: FastifyInstance = Fastify({
    // Called once for each address that a host name stands for.
    serverFactory: () => {
      const server = serverOf(handler, limits, open)
      servers.push(server)
      return server
    },
    // Fastify's types take the packet for something that was sent as JSON.
    clientErrorHandler: (error, socket) => { clientError(error as unknown as ClientFault, socket) },
    forceCloseConnections: 'idle'
  })
  return {
    listen: async ({ host, port }) => {
      await app.listen({ host, port })
      const address = app.server.address()
      return { host, port: typeof address === 'object' && address !== null ? address.port : port }
    },
    close: async drainMs => {
      const stop = open.drain(drainMs, () => { for (const server of servers) server.closeIdleConnections() })
      await app.close()
      stop()
    }
  }
}

function serverOf (handler: RequestHandler, limits: Limits, open: OpenConnections): Server {
  const headersTimeout = Math.ceil(Math.min(limits.headersTimeout, limits.requestTimeout))
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout,
    requestTimeout: Math.ceil(limits.requestTimeout),
    keepAliveTimeout: Math.ceil(limits.keepAliveTimeout),
    // How late a slow client may be found out; node's default of 30 s would make a limit of 5 s one of 35 s (edge-http.md 1.4).
    connectionsCheckingInterval: Math.min(1000, Math.max(headersTimeout, 50)),
    // The guard looks at Host itself, and counts field lines itself: node would drop the surplus silently.
    requireHostHeader: false,
    noDelay: true,
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: mayUpgrade
  })
  server.maxHeadersCount = 0
  server.maxRequestsPerSocket = limits.requestsPerConnection
  server.maxConnections = limits.connections
  const destroyIdle = server.closeIdleConnections.bind(server)
  server.closeIdleConnections = () => { open.closeIdle(destroyIdle) }
  const serve = (req: IncomingMessage, res: ServerResponse) => {
    // The parser may still be at bytes that came behind the last answer of the connection.
    if (req.socket.writableEnded) return
    if (res.socket !== null) handler.handle(req, res)
    else inTurn(res, () => { handler.handle(req, res) })
  }
  server.on('request', serve)
  server.on('checkContinue', serve)
  server.on('checkExpectation', serve)
  server.on('connection', (socket: Socket) => { open.add(socket) })
  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => { upgrade(handler, req, socket, head, limits, one => open.join(socket, one)) })
  server.on('connect', (req: IncomingMessage, socket: Socket) => {
    if (isFree(socket)) handler.handle(req, responseOn(req, socket))
    else socket.destroy()
  })
  return server
}
