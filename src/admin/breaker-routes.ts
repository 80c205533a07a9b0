import type { FastifyInstance, FastifyReply } from 'fastify'
import { FORCED_STATES, type ForcedState } from '../contract/breaker.ts'
import type { BreakerBoard, BreakerView } from '../contract/breaker-board.ts'
import { strictJson } from '../contract/strict-json.ts'

/** More than an operator reads, and no more than one answer should hold: those that are not closed come first. */
const LISTED = 1000

const UNKNOWN = { status: 'no breaker has this name' }
const ALLOWED = { status: 'the body must be { "state": ... } and nothing else', allowed: [...FORCED_STATES, null] }

/** What operators see of circuit breakers, and how they take one over. Names have slashes in them: those may be written as they are or as %2F. */
export async function breakerRoutes (app: FastifyInstance, breakers: BreakerBoard): Promise<void> {
  app.removeAllContentTypeParsers()
  // JSON whatever it is called: curl calls it a form
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => { done(null, body) })

  app.get('/breakers', () => breakers.list(LISTED))
  app.get<{ Params: { '*': string } }>('/breakers/*', async ({ params }, reply) => await answer(reply, breakers.view(params['*'])))
  app.post<{ Params: { '*': string } }>('/breakers/*', async ({ params, body }, reply) => {
    const state = stateIn(body)
    return state === undefined ? await reply.code(400).send(ALLOWED) : await answer(reply, breakers.force(params['*'], state))
  })
}

const answer = (reply: FastifyReply, view: BreakerView | null) => reply.code(view ? 200 : 404).send(view ?? UNKNOWN)

/** Undefined where the body says anything else. */
function stateIn (body: unknown): ForcedState | null | undefined {
  const said = Buffer.isBuffer(body) ? strictJson(body) : null
  if (said === null || Object.keys(said).length !== 1 || !('state' in said)) return undefined
  return said['state'] === null ? null : FORCED_STATES.find(state => state === said['state'])
}
