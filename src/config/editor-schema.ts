/** A JSON Schema (draft 2020-12) as data. */
export interface JsonSchema { readonly [keyword: string]: unknown }

/** Where any scalar may be a reference to the environment instead. */
const REFERENCE: JsonSchema = { $ref: '#/$defs/reference' }

/** A use of a predicate, whichever there are. */
export const PREDICATE: JsonSchema = { $ref: '#/$defs/predicate' }

/** Keywords that are the same for an editor; the rest is ours, or stands for something that is not the same there. */
const KEPT = ['type', 'enum', 'const', 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern', 'minItems', 'maxItems', 'additionalProperties', 'default']

/**
 * What an editor is told of a schema of ours: what may be left out is not required, a scalar may be a reference, a list of one
 * may be written as the one, and the hover text says in words what is expected.
 */
export function editorSchema (schema: object): JsonSchema {
  const shape = schema as JsonSchema
  const about = { ...descriptionOf(shape), ...'default' in shape && { default: shape['default'] } }
  if (Array.isArray(shape['anyOf'])) return { ...about, anyOf: distinct((shape['anyOf'] as object[]).flatMap(inner => alternatives(editorSchema(inner)))) }
  if (shape['items']) return { ...about, ...listSchema(shape) }
  if (shape['type'] === 'object') return { ...about, ...objectSchema(shape) }
  return { ...about, ...scalarSchema(shape) }
}

function listSchema (shape: JsonSchema): JsonSchema {
  const item = shape['x-predicates'] ? PREDICATE : editorSchema(shape['items'] as object)
  const list = { type: 'array', items: item, ...pick(shape, ['minItems', 'maxItems']) }
  return shape['x-scalar'] ? { anyOf: distinct([...alternatives(item), list]) } : list
}

function objectSchema (shape: JsonSchema): JsonSchema {
  const properties = (shape['properties'] ?? {}) as Record<string, object>
  const required = ((shape['required'] ?? []) as string[]).filter(key => !('default' in properties[key]!))
  return {
    type: 'object',
    ...shape['properties'] ? { properties: mapValues(properties, editorSchema) } : {},
    ...shape['patternProperties'] ? { patternProperties: mapValues(shape['patternProperties'] as Record<string, object>, editorSchema) } : {},
    ...required.length > 0 && { required },
    ...Array.isArray(shape['x-some-of']) && { anyOf: (shape['x-some-of'] as string[]).map(key => ({ required: [key] })) },
    ...(shape['additionalProperties'] === false || takesSomeNames(shape)) && { additionalProperties: false }
  }
}

/** Names that fit no pattern are wrong, unless every name fits. */
const takesSomeNames = ({ patternProperties }: JsonSchema): boolean =>
  patternProperties !== undefined && !Object.keys(patternProperties as object).some(pattern => new RegExp(pattern).test(''))

/** A scalar that any text is one of need not name the reference. */
function scalarSchema (shape: JsonSchema): JsonSchema {
  const own = pick(shape, KEPT.filter(keyword => keyword !== 'default'))
  const takesAnything = Object.keys(own).length === 0 || (own['type'] === 'string' && Object.keys(own).every(keyword => keyword === 'type' || keyword === 'minLength'))
  return takesAnything ? own : { anyOf: [own, REFERENCE] }
}

/** The alternatives that a schema already is, so that they can stand beside others; one with a hover text of its own stays whole. */
const alternatives = (schema: JsonSchema): JsonSchema[] =>
  Object.keys(schema).length === 1 && Array.isArray(schema['anyOf']) ? schema['anyOf'] as JsonSchema[] : [schema]

const distinct = (schemas: readonly JsonSchema[]): JsonSchema[] =>
  [...new Map(schemas.map(schema => [JSON.stringify(schema), schema])).values()]

function descriptionOf (shape: JsonSchema): JsonSchema {
  const expects = typeof shape['x-expects'] === 'string' ? `Expected: ${shape['x-expects']}.` : ''
  const text = [shape['description'], expects].filter(Boolean).join(' ')
  return text ? { description: text } : {}
}

const pick = (shape: JsonSchema, keywords: readonly string[]): JsonSchema =>
  Object.fromEntries(keywords.filter(keyword => shape[keyword] !== undefined).map(keyword => [keyword, shape[keyword]]))

const mapValues = (record: Readonly<Record<string, object>>, change: (schema: object) => JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(record).map(([key, schema]) => [key, change(schema)]))
