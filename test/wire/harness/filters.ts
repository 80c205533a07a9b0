import { defineFilter, GatewayError, refuse, Type, type Exchange, type Filter } from '../../../src/contract/index.ts'

const none = Type.Object({})

/** Holds the request body before upstream is asked; refuses what is larger than `maxBytes`. */
export const holdRequest = defineFilter({
  name: 'hold-request',
  config: Type.Object({ maxBytes: Type.Integer({ default: 1024 }) }),
  refuses: ['GW_BODY_TOO_LARGE'],
  create: ({ maxBytes }) => ({ request: async x => { if (await x.body.hold(maxBytes) === null) refuse(x, 'GW_BODY_TOO_LARGE') } })
})

/** Holds the answer of upstream before the client gets any of it. */
export const holdReply = defineFilter({
  name: 'hold-reply',
  config: Type.Object({ maxBytes: Type.Integer({ default: 1024 ** 2 }) }),
  create: ({ maxBytes }) => ({
    response: async x => {
      const { body } = x.reply!
      if (body === null || typeof body !== 'object' || !('hold' in body)) return
      if (await body.hold(maxBytes) === null) throw new GatewayError('GW_REPLY_TOO_LARGE')
    }
  })
})

/** Limits the request body. */
export const limitBody = defineFilter({
  name: 'limit-body',
  config: Type.Object({ maxBytes: Type.Integer() }),
  refuses: ['GW_BODY_TOO_LARGE'],
  create: ({ maxBytes }) => ({ request: x => { x.limitBody(maxBytes) } })
})

/** A filter of one test: what it does to the request and to the reply. */
export function probe (name: string, phases: { request?: (x: Exchange) => void | Promise<void>, response?: (x: Exchange) => void | Promise<void> }): Filter {
  return defineFilter({ name, config: none, create: () => phases })
}
