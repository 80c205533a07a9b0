import { GatewayError, isArriving, problem, type Arriving, type Exchange, type Reply } from '../../../src/contract/index.ts'

/** Whether an answer of upstream has begun that says it is no longer than `maxBytes`. */
export const isSmall = (reply: Reply, maxBytes: number): reply is Arriving =>
  reply.code === null && reply.socket === undefined && isArriving(reply) && Number(reply.headers.first('content-length') ?? NaN) <= maxBytes

/** Waits for the end of the body; what breaks off becomes the error that it is, as long as nothing has been sent. */
export async function whole (x: Exchange, reply: Arriving, maxBytes: number): Promise<Reply> {
  try {
    await reply.body.hold(maxBytes)
    return reply
  } catch (error) {
    return problem(error instanceof GatewayError ? error.code : 'GW_UPSTREAM_RESET', x.id)
  }
}
