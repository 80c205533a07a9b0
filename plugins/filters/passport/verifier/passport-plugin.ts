import { Readable } from 'node:stream'
import type { Passport } from './passport.ts'
import { PassportError } from './passport-error.ts'
import { checkBinding } from './request-binding.ts'
import { verifySigned, type VerifyOptions } from './verify-passport.ts'

/** What of a Fastify request is looked at. */
interface Request {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly method: string
  readonly originalUrl: string
  readonly routeOptions: { readonly config?: object }
  readonly log: { info (fields: object, message: string): void }
  passport: Passport | null
}

interface Reply {
  code (status: number): Reply
  header (name: string, value: string): Reply
  send (body: unknown): Reply
}

/** What of a Fastify instance is used: Fastify itself is not needed to load this. */
export interface FastifyLike {
  decorateRequest (name: string, value: null): unknown
  addHook (name: string, hook: (...args: never[]) => unknown): unknown
}

export interface PassportPluginOptions extends Omit<VerifyOptions, 'request'> {
  /** The header of the passport. Default `x-passport`. */
  readonly header?: string
  /** The largest body of a bound request in bytes: it is held to be digested. Default 1 MiB. */
  readonly bodyLimit?: number
}

const DEFAULT_BODY_LIMIT = 1024 ** 2

/**
 * Fastify plugin: `request.passport` is the verified passport on every route, else the answer is 401, or 503 where the keys cannot be had. A route
 * with `config: { passport: false }` goes without, such as a health check. A body that the passport is bound to is checked before it is parsed.
 */
export function passportPlugin (fastify: FastifyLike, { header = 'x-passport', bodyLimit = DEFAULT_BODY_LIMIT, ...options }: PassportPluginOptions, done: (error?: Error) => void): void {
  const name = header.toLowerCase()
  fastify.decorateRequest('passport', null)
  fastify.addHook('onRequest', async (request: Request, reply: Reply) => {
    if ((request.routeOptions.config as { passport?: unknown } | undefined)?.passport === false) return undefined
    try {
      const passport = await verifySigned(request.headers[name], options)
      if (passport.req === undefined) checkBinding(passport, undefined, options.bound)
      request.passport = passport
      return undefined
    } catch (error) {
      return refused(request, reply, error)
    }
  })
  fastify.addHook('preParsing', async (request: Request, reply: Reply, payload: Readable) => {
    const { passport, method, originalUrl: path } = request
    if (passport?.req === undefined) return payload
    const body = await held(payload, bodyLimit)
    if (body === null) return problem(reply, 413, 'the body is too large to be checked against the passport')
    try {
      checkBinding(passport, { method, path, body })
    } catch (error) {
      return refused(request, reply, error)
    }
    return Readable.from([body], { objectMode: false })
  })
  done()
}

// What fastify-plugin does: the hooks hold for the routes beside the plugin, not only inside of it
Object.assign(passportPlugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'gatehouse-passport' })

/** Null where there is more; the rest is not read, and the connection stays whole for the answer. */
async function held (payload: Readable, limit: number): Promise<Buffer | null> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.byteLength
    if (size > limit) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** What is wrong with a passport is for the log of the service, not for who sent it. */
function refused ({ log }: Request, reply: Reply, error: unknown): Reply {
  if (!(error instanceof PassportError)) throw error
  log.info({ code: error.code }, `passport refused: ${error.message}`)
  if (error.statusCode === 503) return problem(reply.header('retry-after', '1'), 503, 'the passport cannot be checked at the moment')
  return problem(reply.header('www-authenticate', 'Passport'), 401, 'the request needs a valid passport')
}

const TITLES = { 401: 'Unauthorized', 413: 'Payload Too Large', 503: 'Service Unavailable' }

/** In the shape of Fastify's own errors. */
const problem = (reply: Reply, statusCode: keyof typeof TITLES, message: string): Reply =>
  reply.code(statusCode).send({ statusCode, error: TITLES[statusCode], message })
