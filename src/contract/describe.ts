import type { Shape } from './shape.ts'

/** What a schema allows, in words. */
export function describe (schema: object): string {
  const shape = schema as Shape
  if (shape['x-expects']) return shape['x-expects']
  if (shape.anyOf) return shape.anyOf.map(describe).join(' or ')
  if (shape.enum) return `one of ${shape.enum.join(', ')}`
  if (shape.const !== undefined) return JSON.stringify(shape.const)
  if (shape.items) return `${shape.minItems ? 'a list of at least one' : 'a list'}: ${describe(shape.items)}`
  return BY_TYPE[shape.type ?? '']?.(shape) ?? 'another value'
}

const BY_TYPE: Readonly<Record<string, (shape: Shape) => string>> = {
  object: ({ properties = {} }) => `a map with ${Object.keys(properties).join(', ') || 'names as keys'}`,
  boolean: () => 'true or false',
  null: () => 'null',
  integer: shape => `a whole number${range(shape)}`,
  number: shape => `a number${range(shape)}`,
  string: ({ pattern, minLength }) => pattern ? `text that fits ${pattern}` : minLength ? 'text that is not empty' : 'text'
}

function range ({ minimum, maximum }: Shape): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}
