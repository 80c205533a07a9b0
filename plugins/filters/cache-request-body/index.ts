import { Config, ConfigError, defineFilter, refuse, Size, Type, type Exchange } from '../../../src/contract/index.ts'

/** Classes whose only effect is that the body is held. */
const HELD_AS_IS = ['java.lang.String', 'String', 'byte[]', '[B']

export default defineFilter({
  name: 'cache-request-body',
  config: Config({
    maxBytes: Size({ default: '64KiB', description: 'The most that is held of one body.' }),
    required: Type.Boolean({ default: false, description: 'Refuse a larger body with 413; otherwise it passes without being held.' })
  }),
  shorthand: 'maxBytes',
  refuses: ['GW_BODY_TOO_LARGE'],
  spring: {
    name: 'CacheRequestBody',
    args: ['bodyClass'],
    toConfig: ({ bodyClass }) => {
      if (HELD_AS_IS.includes(String(bodyClass))) return { maxBytes: '256KiB' }
      throw new ConfigError('GW_CONFIG_NO_EQUIVALENT', '/bodyClass', 'Gatehouse holds the bytes of a body and makes no Java objects of it: only String and byte[] can be loaded')
    }
  },

  create: ({ maxBytes, required }, { services }) => {
    const missed = services.metrics.counter('gatehouse_bodies_not_held_total')
    const hold = async (x: Exchange) => {
      if (await x.body.hold(maxBytes) !== null) return
      missed.add()
      if (required) refuse(x, 'GW_BODY_TOO_LARGE')
    }
    return { request: x => x.body.present ? hold(x) : undefined }
  }
})
