import { networks } from '../contract/cidr.ts'
import { ConfigError, type Origin } from '../contract/config-error.ts'
import { ListenSchema, SettingsSchema, type Settings } from '../contract/settings.ts'
import { validate } from '../contract/validate.ts'
import { placeIn, type Findings } from './findings.ts'
import type { Source } from './source.ts'
import { child, items, leaf, textOf, toValue } from './tree.ts'

/** The `gateway` section. Only one native file may have it; what it leaves open, a Spring file may say. */
export function readSettings (sources: readonly Source[], findings: Findings): Settings {
  const having = sources.filter(({ root }) => child(root, 'gateway') !== undefined)
  const natives = having.filter(({ spring }) => !spring)
  for (const { file } of natives.slice(1)) {
    findings.add('GW_CONFIG_DUPLICATE', at(file), `"gateway" is here and at ${placeIn(sources, at(natives[0]!.file))}; one file may have it`)
  }
  const [native] = natives
  const own = native ? section(native) : {}
  const given = having.filter(({ spring }) => spring).map(source => fromSpring(source, own, findings))
  const { value, faults } = validate(SettingsSchema, Object.assign({}, ...given, own))
  for (const source of having) check(source, findings)
  // Faults of the section itself are told with those of its file.
  return (faults.length > 0 ? validate(SettingsSchema, {}).value : value) as Settings
}

/** Where the section is that counts. */
export function settingsOrigin (sources: readonly Source[]): Origin | null {
  const native = sources.find(({ root, spring }) => !spring && child(root, 'gateway') !== undefined)
  return native ? at(native.file) : null
}

const at = (file: string): Origin => ({ file, pointer: '/gateway' })

function section ({ root }: Source): Record<string, unknown> {
  const value = toValue(child(root, 'gateway')!)
  return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
}

function fromSpring (source: Source, own: Readonly<Record<string, unknown>>, findings: Findings): Record<string, unknown> {
  const given = section(source)
  for (const key of Object.keys(given).filter(key => key in own)) {
    findings.warn('GW_CONFIG_NO_EFFECT', { file: source.file, pointer: `/gateway/${key}` }, `gateway.${key} of the native file counts`)
  }
  return given
}

/** What the schema cannot say. Done on what is written, so that it is told with the rest. */
function check ({ file, root }: Source, findings: Findings): void {
  const gateway = child(root, 'gateway')
  for (const [i, proxy] of items(child(gateway, 'trustedProxies')).entries()) {
    if (!isNetwork(textOf(proxy))) findings.add('GW_CONFIG_INVALID', { file, pointer: `/gateway/trustedProxies/${i}` }, 'expected an address or CIDR block such as 10.0.0.0/8')
  }
  const names = items(child(gateway, 'listen')).map(listener => textOf(child(listener, 'name') ?? leaf(DEFAULT_NAME, listener.span)))
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) === i) continue
    findings.add('GW_CONFIG_DUPLICATE', { file, pointer: `/gateway/listen/${i}` }, `a listener before this is named "${name}" too; give each its own name`)
  }
}

const DEFAULT_NAME = (validate(ListenSchema, { port: 0 }).value as { name: string }).name

function isNetwork (proxy: string): boolean {
  try {
    networks([proxy], '')
    return true
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return false
  }
}
