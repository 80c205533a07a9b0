import { Config, defineFilter, SettableHeaderName, Type, type Reply } from '../../../src/contract/index.ts'
import { SPRING_STATUS } from './spring-status.ts'

/** Statuses that have no content (RFC 9110 15.3.5, 15.3.6, 15.4.5). */
const WITHOUT_CONTENT = [204, 205, 304]

export default defineFilter({
  name: 'set-status',
  config: Config({
    status: Type.Integer({ minimum: 200, maximum: 599, description: 'Status of the reply from now on.' }),
    originalStatusHeader: Type.Optional(SettableHeaderName({ description: 'Response header that tells the status there was.' }))
  }),
  shorthand: 'status',
  spring: {
    name: 'SetStatus',
    args: ['status'],
    toConfig: ({ status }) => ({ status: SPRING_STATUS[String(status).toUpperCase()] ?? (Number(status) || status) })
  },

  create: ({ status, originalStatusHeader }) => {
    const header = originalStatusHeader?.toLowerCase()
    const empties = WITHOUT_CONTENT.includes(status)
    return {
      response: x => {
        const reply = x.reply!
        if (reply.socket) return
        if (header !== undefined) reply.headers.set(header, String(reply.status))
        reply.status = status
        if (empties) dropBody(reply)
      }
    }
  }
})

function dropBody (reply: Reply): void {
  reply.body = null
  reply.trailers = null
  reply.headers.delete('content-length')
}
