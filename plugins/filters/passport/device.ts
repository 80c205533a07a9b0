import { claimReader, Config, ConfigError, HeaderName, Type, type ClaimReader, type Exchange, type Principal } from '../../../src/contract/index.ts'

const Claim = (description: string) => Type.String({ minLength: 1, description })

/** What a device is known by. */
export const DeviceSchema = Config({
  idClaim: Type.Optional(Claim('Claim of the credential with the id of the device, by name or path.')),
  idHeader: Type.Optional(HeaderName({ description: 'Request header with the id, where no claim has it. Nobody has proved it.' })),
  typeClaim: Type.Optional(Claim('Claim of the credential with the type of the device, by name or path.')),
  typeHeader: Type.Optional(HeaderName({ description: 'Request header with the type, where no claim has it.' }))
}, { description: 'Where the id and the type of the device come from (`dev`).' })

interface DeviceConfig { idClaim?: string, idHeader?: string, typeClaim?: string, typeHeader?: string }

/** `dev` of a passport. */
export interface Device { readonly id?: string, readonly type?: string }

/** Finds the device of a request. */
export interface DeviceFinder {
  /** Whether two requests of one caller may come from different devices. */
  readonly varies: boolean
  find(x: Exchange): Device | null
}

/** Text that a client sends is taken as it is or not at all. */
const PLAIN = /^[\x21-\x7e]{1,128}$/
const NO_DEVICE: DeviceFinder = { varies: false, find: () => null }

export function deviceFinder (config: DeviceConfig | undefined): DeviceFinder {
  if (config === undefined) return NO_DEVICE
  if (Object.keys(config).length === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/device', 'no claim and no header is named')
  const id = part(config.idClaim, config.idHeader)
  const type = part(config.typeClaim, config.typeHeader)
  return {
    varies: config.idHeader !== undefined || config.typeHeader !== undefined,
    find: x => device(id(x), type(x))
  }
}

const device = (id: string | undefined, type: string | undefined): Device | null =>
  id === undefined && type === undefined ? null : { ...id !== undefined && { id }, ...type !== undefined && { type } }

/** What the credential says counts more than what the request says. */
function part (claim: string | undefined, header: string | undefined): (x: Exchange) => string | undefined {
  const name = header?.toLowerCase()
  const read = claim === undefined ? undefined : claimReader(claim)
  return x => (read === undefined ? undefined : claimed(x.principal, read)) ?? (name === undefined ? undefined : sent(x, name))
}

function claimed (principal: Principal | null, read: ClaimReader): string | undefined {
  const value = principal === null ? undefined : read(principal.claims)
  return typeof value === 'string' && PLAIN.test(value) ? value : undefined
}

/** Two lines could mean two devices. */
function sent (x: Exchange, name: string): string | undefined {
  const [value, ...more] = x.headers.all(name)
  return value !== undefined && more.length === 0 && PLAIN.test(value) ? value : undefined
}
