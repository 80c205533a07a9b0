import { Config, defineFilter } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'preserve-host-header',
  config: Config({}),
  spring: { name: 'PreserveHostHeader', args: [] },

  create: () => ({
    request: x => { if (x.authority !== '') x.upstreamHost = x.authority }
  })
})
