import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import { networks } from '../../contract/cidr.ts'
import type { ErrorCode } from '../../contract/errors.ts'
import type { Settings } from '../../contract/settings.ts'
import { clientError } from '../../http/client-error.ts'
import type { Delivery } from '../../http/delivery.ts'
import { HeldBudget } from '../../http/held-budget.ts'
import { RequestHandler } from '../../http/request-handler.ts'
import type { Table } from '../../plan/table.ts'
import { requestBytes, type OfflineRequest } from './offline-request.ts'

/** How a request ended: with a delivery, or in the parser, which knows only a code. */
export type Outcome = { readonly delivery: Delivery, readonly code: null } | { readonly delivery: null, readonly code: ErrorCode | null }

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/**
 * The gateway's own parser, guard and handler on connections that exist only in memory, so that what is said of a request is
 * what would happen to it.
 */
export class RehearsalServer {
  readonly #server: Server
  #ended: (outcome: Outcome) => void = () => {}

  constructor (settings: Settings, table: Table) {
    const { limits, trustedProxies, trustedHops, session } = settings
    const handler = new RequestHandler({
      guard: { trusted: networks(trustedProxies, '/gateway/trustedProxies'), hops: trustedHops, headers: limits.headers, targetBytes: limits.targetBytes },
      ownCookie: session?.cookie ?? null,
      limits,
      budget: new HeldBudget(limits.heldBytes),
      log: SILENT,
      table: () => table,
      draining: () => false,
      timings: 0,
      ended: delivery => { this.#ended({ delivery, code: null }) }
    })
    this.#server = serverOf(handler, limits.headerBytes, code => { this.#ended({ delivery: null, code }) })
  }

  /** One request after the other. Throws UsageError where it is none. */
  async send (request: OfflineRequest): Promise<Outcome> {
    const bytes = requestBytes(request)
    const [client, connection] = duplexPair()
    const outcome = new Promise<Outcome>(resolve => { this.#ended = resolve })
    Object.assign(connection, { remoteAddress: request.from, remotePort: 40000, encrypted: request.scheme === 'https' })
    this.#server.emit('connection', connection)
    client.resume().write(bytes)
    try {
      return await outcome
    } finally {
      client.destroy()
      connection.destroy()
    }
  }
}

function serverOf (handler: RequestHandler, headerBytes: number, malformed: (code: ErrorCode | null) => void): Server {
  const server = createServer({ maxHeaderSize: headerBytes, requireHostHeader: false })
  const handle = (req: IncomingMessage, res: ServerResponse) => { handler.handle(req, res, wantsUpgrade(req)) }
  server.maxHeadersCount = 0
  server.on('request', handle).on('checkContinue', handle).on('checkExpectation', handle)
  server.on('connect', (req: IncomingMessage, socket: Socket) => {
    const res = new ServerResponse(req)
    res.assignSocket(socket)
    res.on('finish', () => { res.destroy() })
    handle(req, res)
  })
  server.on('clientError', (error, socket) => { malformed(clientError(error, socket)) })
  return server
}

const wantsUpgrade = ({ headers }: IncomingMessage): boolean => headers.upgrade !== undefined && /\bupgrade\b/i.test(headers.connection ?? '')
