import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Report, ReportBoard } from '../contract/reports.ts'

/** More than an operator reads, and no more than one answer should hold. */
const LISTED = 1000

const UNKNOWN = { status: 'no report has this name' }

interface Named { readonly room: string, readonly route: string, readonly name: string }

/** What operators see of the work of rooms, and what they do about it. Paths of rooms that publish nothing are left to others. */
export async function reportRoutes (app: FastifyInstance, board: ReportBoard): Promise<void> {
  app.removeAllContentTypeParsers()
  // Nothing is said in a body; curl sends an empty one with a type
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => { done(null, null) })

  app.get<{ Params: { room: string } }>('/:room', async ({ params: { room } }, reply) => {
    const reports = board.list(room)
    if (reports === null) return await elsewhere(reply)
    return { total: reports.length, reports: reports.slice(0, LISTED).map(({ route, name, summary }) => ({ ...summary, route, name })) }
  })
  app.get<{ Params: Named }>('/:room/:route/:name', async ({ params }, reply) => {
    await withReport(board, params, reply, async report => await outcome(reply, 500, () => report.view()))
  })
  app.post<{ Params: Named & { action: string } }>('/:room/:route/:name/:action', async ({ params }, reply) => {
    await withReport(board, params, reply, async ({ actions }) => {
      const act = Object.hasOwn(actions, params.action) ? actions[params.action] : undefined
      if (act) await outcome(reply, 409, act)
      else await reply.code(404).send({ status: 'no such action', known: Object.keys(actions) })
    })
  })
}

async function withReport (board: ReportBoard, { room, route, name }: Named, reply: FastifyReply, act: (report: Report) => Promise<void>): Promise<void> {
  const report = board.find(room, route, name)
  if (report !== null) await act(report)
  else if (board.list(room) === null) await elsewhere(reply)
  else await reply.code(404).send(UNKNOWN)
}

/** Awaited, so that nothing is sent after it. */
async function elsewhere (reply: FastifyReply): Promise<void> {
  reply.callNotFound()
  await reply
}

/** What it says of itself, or in words why it cannot: with `failure` for its status, and never a stack. */
async function outcome (reply: FastifyReply, failure: 409 | 500, act: () => object | Promise<object>): Promise<void> {
  try {
    await reply.send(await act())
  } catch (error) {
    await reply.code(failure).send({ status: error instanceof Error ? error.message : String(error) })
  }
}
