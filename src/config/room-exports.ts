import { ConfigError } from '../contract/config-error.ts'
import type { Filter, Predicate } from '../contract/room.ts'

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

/** How Node calls what a CommonJS module gave. */
const COMMON_JS = 'module.exports'

/** All that a module exports: by default, by name, in lists. Of a CommonJS module, what is in its `module.exports`. */
export function exportsOf (namespace: object): unknown[] {
  const { [COMMON_JS]: whole } = namespace as { [COMMON_JS]?: unknown }
  if (whole === undefined) return Object.values(namespace).flat()
  if (Array.isArray(whole) || isRoomLike(whole)) return [whole].flat()
  return Object.entries(whole as object).filter(([name]) => name !== '__esModule').flatMap(([, value]) => value as unknown)
}

const isRoomLike = (value: unknown): boolean => typeof value !== 'object' || value === null || 'kind' in value

/** Rooms by what was exported, so that a reload finds the same ones. */
const made = new WeakMap<object, Filter | Predicate>()

/** What is exported as a room that knows its file. ConfigError where it is none. */
export function asRoom (value: unknown, file: string): Filter | Predicate {
  const room: Claim = typeof value === 'object' && value !== null ? value : {}
  const [fault] = FAULTS.filter(([isSound]) => !isSound(room))
  if (fault) throw new ConfigError('GW_CONFIG_BAD_ROOM', '', `${file}: ${fault[1](room)}`)
  const known = made.get(room) ?? { ...room, file } as unknown as Filter | Predicate
  made.set(room, known)
  return known
}

type Claim = Partial<Omit<Filter, 'kind'>> & { readonly kind?: string }

/** What a room has to be, and what to say where it is not. */
const FAULTS: readonly (readonly [isSound: (room: Claim) => boolean, says: (room: Claim) => string])[] = [
  [({ kind }) => kind === 'filter' || kind === 'predicate', () => 'an export is not what defineFilter or definePredicate gives'],
  [({ name }) => typeof name === 'string' && NAME.test(name), ({ name }) => `${JSON.stringify(name)} is no name for a room: lower-case words joined by dashes`],
  [({ create }) => typeof create === 'function', ({ name }) => `${name} has no create function`],
  [({ config }) => typeof config === 'object' && config !== null && 'properties' in config, ({ name }) => `${name} has no config schema; Config({}) is one without keys`],
  [({ kind, refuses }) => kind === 'predicate' || Array.isArray(refuses), ({ name }) => `${name} does not say what it refuses: make it with defineFilter`]
]
