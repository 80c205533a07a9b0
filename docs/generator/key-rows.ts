import { describe } from '../../src/contract/validate.ts'

/** One key of a schema, as a row of a reference table. */
export interface KeyRow { readonly key: string, readonly takes: string, readonly byDefault: string, readonly meaning: string }

/** The part of JSON Schema that tells what keys there are. */
interface Shape {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly 'x-expects'?: string
}

/** Every key of an object schema, those of objects inside it by their way: `limits.headers`, `listen[].port`. */
export function keyRows (schema: object, way = ''): KeyRow[] {
  const { properties = {}, required = [] } = schema as Shape
  return Object.entries(properties).flatMap(([name, shape]) => {
    const key = way + name
    const inner = mapInside(shape)
    const row = { key, takes: takes(shape), byDefault: defaultOf(shape, required.includes(name)), meaning: shape.description ?? '' }
    return [row, ...inner ? keyRows(inner.shape, key + inner.step) : []]
  })
}

/** The map that a key takes, or that is an item of the list it takes. */
function mapInside (shape: Shape): { shape: Shape, step: string } | null {
  if (shape.properties) return { shape, step: '.' }
  const choice = shape.anyOf?.find(one => one.properties)
  if (choice) return { shape: choice, step: '.' }
  const items = shape.items && mapInside(shape.items)
  return items ? { shape: items.shape, step: `[]${items.step}` } : null
}

function takes (shape: Shape): string {
  if (shape['x-expects'] !== undefined) return shape['x-expects']
  if (shape.anyOf) return [...new Set(shape.anyOf.map(takes))].join(' or ')
  if (shape.items) return `a list: ${takes(shape.items)}`
  if (shape.type === 'null') return '`null`'
  if (shape.pattern !== undefined) return `text that fits \`\`${shape.pattern}\`\``
  return shape.properties ? 'a map' : describe(shape)
}

function defaultOf (shape: Shape, required: boolean): string {
  const written = shape.default
  if (written === undefined) return required ? 'required' : ''
  const isEmpty = typeof written === 'object' && written !== null && Object.keys(written).length === 0
  return isEmpty ? '' : `\`${flow(written)}\``
}

/** A value as it would stand in a route file, on one line. */
function flow (value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{ ${Object.entries(value).map(([key, inner]) => `${key}: ${flow(inner)}`).join(', ')} }`
}
