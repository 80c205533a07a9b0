/** Sources of a plugin whose rooms do what no built-in room does. */
export const ODD_ROOMS = `import { Config, defineFilter, definePredicate, GatewayError, problem, refuse } from 'gatehouse/contract'

export const fails = defineFilter({
  name: 'fails',
  config: Config({}),
  create: () => ({ request: () => { throw new Error('out of order') } })
})
export const failsAround = defineFilter({
  name: 'fails-around',
  config: Config({}),
  create: () => ({ dispatch: () => async () => { throw new Error('no way through') } })
})
export const failsOnAnswer = defineFilter({
  name: 'fails-on-answer',
  config: Config({}),
  create: () => ({ response: () => { throw 'text' } })
})
export const unsafe = defineFilter({
  name: 'unsafe',
  config: Config({}),
  create: () => ({ request: x => { x.path = '/a/../b' } })
})
export const throwsRefusal = defineFilter({
  name: 'throws-refusal',
  config: Config({}),
  refuses: ['GW_FORBIDDEN'],
  create: () => ({ request: async () => { throw new GatewayError('GW_FORBIDDEN') } })
})
export const refuses = defineFilter({
  name: 'refuses',
  config: Config({}),
  refuses: ['GW_FORBIDDEN'],
  create: () => ({ request: x => { refuse(x, 'GW_FORBIDDEN', 'not you') } })
})
export const around = defineFilter({
  name: 'around',
  config: Config({}),
  create: () => ({ dispatch: next => async x => { await next(x); return await next(x) } })
})
export const instead = defineFilter({
  name: 'instead',
  config: Config({}),
  refuses: ['GW_OVERLOADED'],
  create: () => ({ dispatch: () => async x => problem('GW_OVERLOADED', x.id) })
})
export const shouts = defineFilter({
  name: 'shouts',
  config: Config({}),
  create: () => ({
    request: async x => {
      const body = await x.body.hold(1000)
      x.body.replace(Buffer.from(String(body).toUpperCase()))
      x.headers.set('x-shouts', 'yes')
    }
  })
})
export const onlooker = defineFilter({
  name: 'onlooker',
  config: Config({}),
  create: () => ({ done: () => {} })
})
export const waits = defineFilter({
  name: 'waits',
  config: Config({}),
  create: () => ({
    request: async () => {
      const end = performance.now() + 20
      while (performance.now() < end) await new Promise(resolve => { setImmediate(resolve) })
    }
  })
})
export const garbles = defineFilter({
  name: 'garbles',
  config: Config({}),
  create: () => ({ response: x => { x.reply.body = Buffer.from('not JSON') } })
})
export const broken = definePredicate({
  name: 'broken',
  config: Config({}),
  create: () => ({ match: () => { throw new Error('cannot tell') } })
})
`
