import { Config, defineFilter, SettableHeaderName, springStatus, Type, WITHOUT_CONTENT, type Reply } from '../../../src/contract/index.ts'

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
    toConfig: ({ status }) => ({ status: status === undefined ? undefined : springStatus(String(status)) })
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
