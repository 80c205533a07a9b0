import { Config, ConfigError, defineFilter, refuse, Size, type HeaderList } from '../../../src/contract/index.ts'

/** Enough of a name to find it by; it is the client's own text and may be long. */
const NAME_SHOWN = 64

export default defineFilter({
  name: 'request-header-size',
  config: Config({
    maxSize: Size({ default: '16000B', description: 'Bytes of one header, its name and all its values together; more is 431.' })
  }),
  shorthand: 'maxSize',
  refuses: ['GW_HEADERS_TOO_LARGE'],
  spring: { name: 'RequestHeaderSize', args: ['maxSize', 'errorHeaderName'], toConfig: ({ maxSize, errorHeaderName }) => fromSpring(maxSize, errorHeaderName) },

  create: ({ maxSize }) => ({
    request: x => {
      const name = tooLarge(x.headers, maxSize)
      if (name !== null) refuse(x, 'GW_HEADERS_TOO_LARGE', `the header ${name.slice(0, NAME_SHOWN)} is larger than ${maxSize} bytes`)
    }
  })
})

/** The first header over the limit, so that the client can be told (RFC 6585 5). One octet is one character here. */
function tooLarge ({ flat }: HeaderList, maxBytes: number): string | null {
  let total = 0
  for (let i = 0; i < flat.length; i++) total += flat[i]!.length
  if (total <= maxBytes) return null
  const sizes = new Map<string, number>()
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!
    const size = (sizes.get(name) ?? name.length) + flat[i + 1]!.length
    if (size > maxBytes) return name
    sizes.set(name, size)
  }
  return null
}

/** Java's DataSize: powers of 1024 under names of powers of 1000, bytes where there is no unit. */
const BINARY: Readonly<Record<string, string>> = { '': 'B', B: 'B', KB: 'KiB', MB: 'MiB', GB: 'GiB' }

function fromSpring (maxSize: string | string[] | undefined, errorHeaderName: string | string[] = 'errorMessage'): { maxSize?: string } {
  if (errorHeaderName !== 'errorMessage') {
    throw new ConfigError('GW_CONFIG_NO_EQUIVALENT', '/errorHeaderName', 'the body of the refusal tells which header is too large, no header does')
  }
  if (maxSize === undefined) return {}
  const [, amount = '', unit = ''] = /^(\d+)(B|[KMG]B)?$/.exec(String(maxSize)) ?? []
  return { maxSize: amount === '' ? String(maxSize) : amount + BINARY[unit]! }
}
