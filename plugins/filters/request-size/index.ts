import { Config, ConfigError, defineFilter, Size } from '../../../src/contract/index.ts'

/** Spring's DataSize: KB is 1024 bytes, a bare number is bytes. */
const DATA_SIZE_BYTES = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 }

export default defineFilter({
  name: 'request-size',
  config: Config({
    maxSize: Size({ default: '5MiB', description: 'The most a request body may have; more is 413.' })
  }),
  shorthand: 'maxSize',
  refuses: ['GW_BODY_TOO_LARGE'],
  spring: {
    name: 'RequestSize',
    args: ['maxSize'],
    toConfig: ({ maxSize }) => ({ maxSize: maxSize === undefined ? undefined : dataSize(String(maxSize)) })
  },

  create: ({ maxSize }) => ({ request: x => { x.limitBody(maxSize) } })
})

function dataSize (text: string): string {
  const [, digits, unit = 'B'] = /^\+?(\d+)(B|KB|MB|GB|TB)?$/.exec(text.trim()) ?? []
  if (digits === undefined) throw new ConfigError('GW_CONFIG_INVALID', '/maxSize', 'expected a DataSize such as 5MB, 16000B or 5000000')
  return `${Number(digits) * DATA_SIZE_BYTES[unit as keyof typeof DATA_SIZE_BYTES]}B`
}
