import { ConfigError } from '../../contract/config-error.ts'
import { nearest } from '../../contract/nearest.ts'
import { branch, leaf, type Span, type Tree } from '../tree.ts'
import { nameArguments, readUse, type Arguments } from './arguments.ts'
import { configTree, type BothConfigs } from './config-tree.ts'
import type { Conversion } from './conversion.ts'
import { springRooms, type SpringRoom } from './spring-room.ts'

/** A use of one of Spring's predicates or filters in native form. Null, and faults, where no room takes its place. */
export function convertUse (item: Tree, kind: 'filter' | 'predicate', path: string, conversion: Conversion): Tree | null {
  const use = readUse(item, path, conversion)
  if (use === null) return null
  const { filters, predicates } = conversion.options.rooms
  const rooms = springRooms(kind === 'filter' ? filters.values() : predicates.values())
  const room = rooms.find(({ spring }) => spring.name === use.name)
  if (room) {
    const args = nameArguments(use, room.spring.args, item.span, path, conversion)
    return args && useOf(room, args, item.span, path, conversion)
  }
  const near = nearest(use.name, rooms.map(({ spring }) => spring.name))
  conversion.refuse(item.span, path, `Spring's ${kind} "${use.name}" has no equivalent${near === null ? '' : ` - did you mean "${near}"?`}`)
  return null
}

/** The filter that stands for one of Spring's by Spring's name, whatever it is called here. */
export const springFilter = (name: string, { options: { rooms } }: Conversion): SpringRoom | undefined =>
  springRooms(rooms.filters.values()).find(({ spring }) => spring.name === name)

/** A use in the shortest native form: the bare name, the value of the shorthand key, or a map. */
export function useOf (room: SpringRoom, args: Arguments, span: Span, path: string, conversion: Conversion): Tree | null {
  const config = configOf(room, args, span, path, conversion)
  if (config === null) return null
  const tree = configTree(config, room, args, span)
  if (tree.kind !== 'map') return branch({ [room.name]: tree }, span)
  if (tree.entries.size === 0) return leaf(room.name, span)
  const short = tree.entries.size === 1 && room.shorthand !== null ? tree.entries.get(room.shorthand)?.value : undefined
  return branch({ [room.name]: short && short.kind !== 'map' ? short : tree }, span)
}

function configOf (room: SpringRoom, args: Arguments, span: Span, path: string, conversion: Conversion): BothConfigs | null {
  const read = new Set<string>()
  try {
    const value = toConfig(room, args.values, read)
    const unknown = Object.keys(args.values).filter(name => !read.has(name))
    for (const name of unknown) conversion.refuse(args.spans[name] ?? span, `${path}.args.${name}`, `the argument "${name}" of ${room.spring.name} has no equivalent`)
    if (holdsNaN(value)) conversion.refuse(span, path, 'expected a number where one is meant', 'GW_CONFIG_INVALID')
    return unknown.length > 0 ? null : { value, written: attempt(() => toConfig(room, args.written, new Set())) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    conversion.refuse(args.spans[error.pointer.split('/')[1] ?? ''] ?? span, path, error.detail, error.code)
    return null
  }
}

/** Notes which arguments a room's conversion looks at: one that it does not would be lost without a word. */
function toConfig ({ spring }: SpringRoom, args: Readonly<Record<string, string | string[]>>, read: Set<string>): unknown {
  if (!spring.toConfig) {
    for (const name of spring.args) read.add(name.replace(/^\.\.\./, ''))
    return args
  }
  return spring.toConfig(new Proxy(args, {
    get: (target, name) => { read.add(String(name)); return Reflect.get(target, name) as unknown },
    ownKeys: target => { for (const name of Object.keys(target)) read.add(name); return Reflect.ownKeys(target) }
  }))
}

const holdsNaN = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.values(value).some(holdsNaN) : Number.isNaN(value)

function attempt (make: () => unknown): unknown {
  try {
    return make()
  } catch {
    return null
  }
}
