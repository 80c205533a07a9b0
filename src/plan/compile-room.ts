import { ConfigError } from '../contract/config-error.ts'
import { isRecord } from '../contract/is-record.ts'
import { hint } from '../contract/nearest.ts'
import { writtenPointer } from '../contract/pointer.ts'
import type { Filter, Place, Predicate, Room } from '../contract/room.ts'
import type { Use } from '../contract/route-file.ts'
import { validate } from '../contract/validate.ts'

/** Every room by its name. */
export interface Rooms { readonly filters: ReadonlyMap<string, Filter>, readonly predicates: ReadonlyMap<string, Predicate> }

/** The map of rooms that a plan is compiled with. */
export function roomsOf (filters: readonly Filter[], predicates: readonly Predicate[]): Rooms {
  return { filters: byName(filters), predicates: byName(predicates) }
}

const byName = <R extends Room<unknown>>(rooms: readonly R[]) => new Map(rooms.map(room => [room.name, room]))

/** Collects faults, so that one pass tells all of them. */
export type Faults = ConfigError[]

/** The room that a use names; null and a fault where there is none. */
export function findRoom<R extends Room<unknown>> (rooms: ReadonlyMap<string, R>, kind: 'filter' | 'predicate', use: Use, faults: Faults): R | null {
  const room = rooms.get(use.name)
  if (room) return room
  const code = kind === 'filter' ? 'GW_CONFIG_UNKNOWN_FILTER' : 'GW_CONFIG_UNKNOWN_PREDICATE'
  faults.push(new ConfigError(code, '', `no ${kind} is named "${use.name}"${hint(use.name, [...rooms.keys()])}`).under(use.origin))
  return null
}

/**
 * What a use of a room becomes: its config checked against the room's schema, then given to `create`, and what that made checked
 * too. Null and faults where it is wrong.
 */
export function createRoom<Made> (room: Room<Made>, use: Use, place: Place, check: (made: Made) => void, faults: Faults): Made | null {
  const config = expand(room, use.config)
  const { value, faults: found } = validate(room.config, config)
  if (found.length > 0) {
    faults.push(...found.map(fault => asWritten(room, use, fault).under(use.configOrigin)))
    return null
  }
  try {
    const made = room.create(value, place)
    check(made)
    return made
  } catch (error) {
    faults.push(createFault(room, use, config, error))
    return null
  }
}

/** A scalar or a list stands for the key that the room says (`shorthand`); nothing at all for an empty map. */
function expand (room: Room<unknown>, config: unknown): unknown {
  if (config === null || config === undefined) return {}
  if (isRecord(config)) return config
  return room.shorthand === null ? config : { [room.shorthand]: config }
}

function createFault (room: Room<unknown>, use: Use, config: unknown, error: unknown): ConfigError {
  if (!(error instanceof ConfigError)) return badRoom(room, `failed to start: ${reasonOf(error)}`).under(use.origin)
  if (error.code === 'GW_CONFIG_BAD_ROOM') return badRoom(room, `cannot be used: ${error.detail}`).under(use.origin)
  // It is about an upstream that the room has asked for, and is shown there
  if (error.file !== '') return error
  const { code, pointer, detail } = error
  return asWritten(room, use, new ConfigError(code, writtenPointer(pointer, config), detail)).under(use.configOrigin)
}

/** A fault below the shorthand's key is one in the value as it stands in the file. */
function asWritten ({ shorthand }: Room<unknown>, use: Use, fault: ConfigError): ConfigError {
  if (shorthand === null || use.config == null || isRecord(use.config)) return fault
  const [, key, ...inside] = fault.pointer.split('/')
  return key === shorthand ? new ConfigError(fault.code, inside.map(token => `/${token}`).join(''), fault.detail) : fault
}

/** A fault of the room's code, with the file it is in. */
export const badRoom = ({ name, file }: Room<unknown>, what: string): ConfigError =>
  new ConfigError('GW_CONFIG_BAD_ROOM', '', `${file === undefined ? '' : `${file}: `}the room "${name}" ${what}`)

/** Why something threw, in words: not everything that is thrown is an Error. */
export const reasonOf = (error: unknown): string => error instanceof Error ? error.message : String(error)
