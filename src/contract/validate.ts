import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { compiledSchema } from './compiled-schema.ts'
import { ConfigError } from './config-error.ts'
import { describe } from './describe.ts'
import { isRecord } from './is-record.ts'
import { hint, nearest } from './nearest.ts'
import { escapePointer, writtenPointer } from './pointer.ts'
import type { Shape } from './shape.ts'

export { describe } from './describe.ts'
export { escapePointer } from './pointer.ts'

export type Validated = { readonly value: unknown, readonly faults: readonly [] } | { readonly value: null, readonly faults: readonly ConfigError[] }

/**
 * Checks a value as it stood in the file against a schema: scalars are lifted to the lists they stand for, defaults filled
 * in, units decoded. Gives every fault at once, each with its pointer into what was written and what is allowed there.
 */
export function validate (schema: TSchema, written: unknown): Validated {
  const filled = fill(schema as Shape, written)
  const compiled = compiledSchema(schema)
  if (compiled?.Check(filled)) return { value: decode(schema as Shape, filled), faults: [] }
  const found = faults(schema as Shape, filled, '')
  if (found.length === 0) return { value: decode(schema as Shape, filled), faults: [] }
  return { value: null, faults: found.map(({ code, pointer, detail }) => new ConfigError(code, writtenPointer(pointer, written), detail)) }
}

const fill = (shape: Shape, written: unknown): unknown => Value.Default(shape as TSchema, lift(shape, written))

/** Units read, in a sound value. TypeBox's own Decode sorts the alternatives of every union anew: two thirds of the time to read 10,000 routes. */
function decode (shape: Shape, value: unknown): unknown {
  const inside = decodeInside(shape, value)
  return shape['~codec'] ? shape['~codec'].decode(inside) : inside
}

function decodeInside (shape: Shape, value: unknown): unknown {
  if (shape.anyOf) return decode(shape.anyOf.find(alternative => fits(alternative, value)) ?? {}, value)
  const { items } = shape
  if (items && Array.isArray(value)) return value.map(item => decode(items, item))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decode(property(shape, key) ?? {}, inner)]))
}

/** A copy, with every scalar in a list where only a list can be. */
function lift (shape: Shape, value: unknown): unknown {
  if (shape.anyOf) return lift(branch(shape.anyOf, value) ?? {}, value)
  const { items } = shape
  if (items) {
    const list = Array.isArray(value) ? value : shape['x-scalar'] && value != null ? [value] : null
    return list ? list.map(item => lift(items, item)) : value
  }
  if (!isRecord(value)) return structuredClone(value)
  // Filled in here already: TypeBox fills in nothing below the free keys of a map
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => [key, fill(property(shape, key) ?? {}, inner)]))
}

/** All that is wrong, the innermost places first; where those are right and the whole is not, the whole. */
function faults (shape: Shape, value: unknown, pointer: string): ConfigError[] {
  const inside = shape.anyOf ? alternativeFaults(shape.anyOf, value, pointer) : partFaults(shape, value, pointer)
  return inside.length > 0 || fits(shape, value) ? inside : [invalid(shape, value, pointer)]
}

function alternativeFaults (alternatives: readonly Shape[], value: unknown, pointer: string): ConfigError[] {
  const meant = branch(alternatives, value)
  return meant && (kindOf(meant) !== 'scalar' || fits(meant, value)) ? faults(meant, value, pointer) : []
}

function partFaults (shape: Shape, value: unknown, pointer: string): ConfigError[] {
  const { items } = shape
  if (items && Array.isArray(value)) return value.flatMap((item, i) => faults(items, item, `${pointer}/${i}`))
  return shape.type === 'object' && isRecord(value) ? [...missing(shape, value, pointer), ...wrongKeys(shape, value, pointer)] : []
}

function missing ({ required = [], properties = {} }: Shape, value: Record<string, unknown>, pointer: string): ConfigError[] {
  // One that has a default is filled in as soon as the rest is right
  return required.filter(key => !Object.hasOwn(value, key) && properties[key]?.default === undefined)
    .map(key => new ConfigError('GW_CONFIG_INVALID', pointer, `"${key}" is missing: ${describe(properties[key] ?? {})}`))
}

function wrongKeys (shape: Shape, value: Record<string, unknown>, pointer: string): ConfigError[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = `${pointer}/${escapePointer(key)}`
    const inside = property(shape, key)
    if (inside) return faults(inside, inner, at)
    if (shape.patternProperties && shape.additionalProperties !== true) return [new ConfigError('GW_CONFIG_INVALID', at, `the key "${key}" is not allowed: ${keyNames(shape.patternProperties)}`)]
    return shape.additionalProperties === false ? [new ConfigError('GW_CONFIG_UNKNOWN_KEY', at, `unknown key "${key}"${hint(key, Object.keys(shape.properties ?? {}))}`)] : []
  })
}

const keyNames = (patterns: object): string => `keys fit ${Object.keys(patterns).join(' or ')}`

const fits = (shape: Shape, value: unknown): boolean => Value.Check(shape as TSchema, value)

function invalid (shape: Shape, value: unknown, pointer: string): ConfigError {
  const words = shape.enum ?? shape.anyOf?.map(alternative => alternative.const) ?? []
  const near = typeof value === 'string' ? nearest(value, words.filter(word => typeof word === 'string')) : null
  return new ConfigError('GW_CONFIG_INVALID', pointer, `expected ${describe(shape)}${near === null ? '' : ` (did you mean ${near}?)`}`)
}

function property ({ properties = {}, patternProperties = {}, additionalProperties }: Shape, key: string): Shape | undefined {
  if (Object.hasOwn(properties, key)) return properties[key]
  const fitting = Object.entries(patternProperties).find(([pattern]) => new RegExp(pattern, 'u').test(key))
  return fitting?.[1] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined)
}

/** The alternative that the value is an attempt at: one that it fits as it is, then once filled in, or of those of its kind the one with which least is wrong. */
function branch (alternatives: readonly Shape[], value: unknown): Shape | undefined {
  const fitting = alternatives.find(shape => fits(shape, value)) ?? alternatives.find(shape => fits(shape, fill(shape, value)))
  if (fitting) return fitting
  const [first, ...others] = alternatives.filter(shape => kindOf(shape) === kindOfValue(value))
  return others.reduce((best, shape) => wrongWith(shape, value) < wrongWith(best!, value) ? shape : best, first)
}

const wrongWith = (shape: Shape, value: unknown): number => faults(shape, fill(shape, value), '').length

const kindOf = (shape: Shape): string => shape.items ? 'array' : shape.type === 'object' ? 'object' : 'scalar'
const kindOfValue = (value: unknown): string => Array.isArray(value) ? 'array' : isRecord(value) ? 'object' : 'scalar'
