import { defineFilter } from '../../../src/contract/index.ts'
import { checkConfig } from './check-config.ts'
import { mirrorOf } from './mirror-of.ts'
import { shadowCommand } from './report/command.ts'
import { ShadowSchema } from './shadow-config.ts'

export default defineFilter({
  name: 'shadow',
  config: ShadowSchema,
  shorthand: 'to',
  reports: true,
  command: shadowCommand,

  create: (config, place) => {
    const { mirror, close } = mirrorOf(config, checkConfig(config), place)
    return {
      dispatch: next => x => mirror.call(x, next),
      close
    }
  }
})
