import type { Filter, Predicate } from '../contract/room.ts'
import { editorSchema, PREDICATE, type JsonSchema } from './editor-schema.ts'
import type { RoomCatalogue } from './room-catalogue.ts'
import { RouteFileSchema, RouteSchema } from './route-file-schema.ts'

const OPEN = '${'

type AnyRoom = Filter | Predicate

export interface SchemaOptions {
  /** Text for the editor to show beside a room's name. */
  readonly describe?: (room: AnyRoom) => string | undefined
}

/**
 * The JSON Schema (draft 2020-12) of a native route file with these rooms, for completion and checks in an editor. The same
 * rooms always give the same text.
 */
export function routeFileSchema (rooms: RoomCatalogue, options: SchemaOptions = {}): JsonSchema {
  const file = editorSchema(RouteFileSchema) as { properties: Record<string, JsonSchema> }
  const route = editorSchema(RouteSchema) as { properties: Record<string, JsonSchema> }
  const filters = sorted(rooms.filters)
  const predicates = sorted(rooms.predicates)
  const listOf = (schema: JsonSchema | undefined, name: string, ...rest: object[]) => Object.assign({}, schema, { items: { $ref: `#/$defs/${name}` } }, ...rest) as JsonSchema
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Gatehouse route file',
    ...file,
    properties: {
      ...file.properties,
      filters: listOf(file.properties['filters'], 'filter'),
      routes: listOf(file.properties['routes'], 'route')
    },
    $defs: {
      reference: { title: 'reference', description: `A value from elsewhere: ${OPEN}NAME}, ${OPEN}NAME:-default}, ${OPEN}file:/path}.`, type: 'string', pattern: '\\$\\{[^}]+\\}' },
      route: {
        title: 'route',
        ...route,
        properties: {
          ...route.properties,
          predicates: listOf(route.properties['predicates'], 'predicate', { minItems: 1 }),
          filters: listOf(route.properties['filters'], 'filter')
        }
      },
      filter: useSchema('filter', filters, BESIDE_FILTER, options),
      predicate: useSchema('predicate', predicates, COMBINATIONS, options),
      ...Object.fromEntries([...filters, ...predicates].map(room => [definition(room), configSchema(room)]))
    }
  }
}

const BESIDE_FILTER: Additional = {
  beside: {
    when: { type: 'string', minLength: 1, description: 'CEL expression: the filter acts only on requests, or replies, for which it holds.' },
    report: { anyOf: [{ type: 'boolean' }, { $ref: '#/$defs/reference' }], description: 'The filter decides, counts and logs what it would have refused, and lets the request pass.' }
  },
  instead: {}
}

const COMBINATIONS: Additional = {
  beside: {},
  instead: {
    any: { type: 'array', minItems: 1, items: PREDICATE, description: 'One of these must hold.' },
    all: { type: 'array', minItems: 1, items: PREDICATE, description: 'All of these must hold.' },
    not: { ...PREDICATE, description: 'This must not hold.' }
  }
}

/** Keys that may stand beside a room's, and keys that may stand in its place. */
interface Additional { readonly beside: Readonly<Record<string, JsonSchema>>, readonly instead: Readonly<Record<string, JsonSchema>> }

/** A use of a room: its bare name where it needs no config, or a map with its name as the one room key. */
function useSchema (kind: string, rooms: readonly AnyRoom[], { beside, instead }: Additional, { describe }: SchemaOptions): JsonSchema {
  const about = (room: AnyRoom) => describe?.(room) ?? (room.spring ? `Spring Cloud Gateway: ${room.spring.name}.` : undefined)
  const described = (room: AnyRoom) => {
    const description = about(room)
    return description === undefined ? {} : { description }
  }
  const bare = rooms.filter(needsNothing).map(room => ({ const: room.name, title: room.name, ...described(room) }))
  const keys = [...rooms.map(room => room.name), ...Object.keys(instead)]
  const map = {
    type: 'object',
    properties: {
      ...Object.fromEntries(rooms.map(room => [room.name, { $ref: `#/$defs/${definition(room)}`, ...described(room) }])),
      ...instead,
      ...beside
    },
    additionalProperties: false,
    oneOf: keys.map(key => ({ required: [key] }))
  }
  return { title: kind, anyOf: [map, ...bare] }
}

/** A room's config in every form it can be written in: a map, what its shorthand stands for, or nothing. */
function configSchema (room: AnyRoom): JsonSchema {
  const map = editorSchema(room.config)
  const key = room.shorthand === null ? undefined : room.config.properties[room.shorthand]
  const isEnough = ((map['required'] ?? []) as string[]).every(name => name === room.shorthand)
  const short = key && isEnough ? [editorSchema(key)] : []
  const nothing = needsNothing(room) ? [{ type: 'null' }] : []
  return { title: room.name, anyOf: [map, ...short, ...nothing] }
}

const needsNothing = (room: AnyRoom): boolean => editorSchema(room.config)['required'] === undefined

const definition = ({ kind, name }: AnyRoom): string => `${kind}.${name}`

const sorted = <R extends AnyRoom>(rooms: ReadonlyMap<string, R>): R[] => [...rooms.values()].sort((a, b) => a.name < b.name ? -1 : 1)
