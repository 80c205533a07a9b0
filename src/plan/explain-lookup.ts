import { NO_PARAMS, type Exchange } from '../contract/exchange.ts'
import type { Plan } from './plan.ts'

/** Why a route does not take a request. */
export type Loss =
  | { readonly kind: 'predicate', readonly label: string, /** How many predicates before it held. */ readonly held: number }
  | { readonly kind: 'failed', readonly label: string, readonly message: string }
  /** A preflight looks only for routes that answer one. */
  | { readonly kind: 'no-preflight' }
  /** All its predicates hold, but another member of its group was drawn. */
  | { readonly kind: 'not-drawn', readonly group: string }

/**
 * Asks the predicates of a route one by one, in written order; null where all hold. A predicate that throws only counts
 * where all the others hold, as in lookup. For an exchange that goes nowhere: a predicate may read its body.
 */
export async function lossOf (plan: Plan, x: Exchange, preflight: boolean): Promise<Loss | null> {
  let failed: Loss | null = null
  x.params = NO_PARAMS
  for (const [held, { label, match }] of plan.predicates.entries()) {
    try {
      if (!await match(x)) return { kind: 'predicate', label, held }
    } catch (error) {
      failed ??= { kind: 'failed', label, message: error instanceof Error ? error.message : String(error) }
    }
  }
  if (failed) return failed
  if (preflight && !plan.answersPreflight) return { kind: 'no-preflight' }
  return plan.share === null ? null : { kind: 'not-drawn', group: plan.share.group }
}
