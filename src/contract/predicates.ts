import Type, { type TSchemaOptions } from 'typebox'
import type { Exchange } from './exchange.ts'

/** A list of uses of predicates, as `predicates:` of a route. */
export const PredicateList = (options: TSchemaOptions = {}) =>
  Type.Array(Type.Unknown(), { minItems: 1, 'x-predicates': true, 'x-expects': 'a list of predicates', ...options })

/** Predicates of the route file's vocabulary inside a filter's own config. */
export interface Predicates {
  /**
   * Whether all hold, as on a route: `any`, `all` and `not` combine. `uses` is the list as the file has it (`PredicateList` in the room's schema). Throws ConfigError at a pointer
   * below `pointer`. A promise only where the body must be read. Captured variables are left in `x.params`.
   */
  all(uses: readonly unknown[], pointer: string): (x: Exchange) => boolean | Promise<boolean>
}
