import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'

/** A schema used this often is worth the millisecond that compiling it takes; walking it costs 30 times as much each time. */
const WORTH_IT = 16

const seen = new WeakMap<TSchema, { uses: number, validator: Validator | null }>()

/** How TypeBox writes that a map takes any key. */
const ANY_KEY = '^.*$'

/** Of a map whose keys must fit a pattern the compiled form takes any key. */
function limitsKeys (schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false
  const patterns = 'patternProperties' in schema ? Object.keys(schema.patternProperties as object) : []
  return patterns.some(pattern => pattern !== ANY_KEY) || Object.values(schema).some(limitsKeys)
}

/** The compiled form of a schema that is used again and again (ten thousand routes use a few rooms), null for one that is not. */
export function compiledSchema (schema: TSchema): Validator | null {
  let known = seen.get(schema)
  if (!known) {
    known = { uses: 0, validator: null }
    seen.set(schema, known)
  }
  if (known.validator === null && ++known.uses === WORTH_IT && !limitsKeys(schema)) known.validator = Compile(schema)
  return known.validator
}
