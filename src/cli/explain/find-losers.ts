import type { Origin } from '../../contract/config-error.ts'
import type { Exchange } from '../../contract/exchange.ts'
import { lossOf, type Loss } from '../../plan/explain-lookup.ts'
import type { Plan } from '../../plan/plan.ts'
import type { OfflineRequest } from '../rehearsal/offline-request.ts'
import type { Rehearsal, Rehearsed } from '../rehearsal/rehearsal.ts'
import type { Losers } from './explanation.ts'

interface Lost { readonly plan: Plan, readonly loss: Loss }

/** Asks every route before the winner, or every route where none won, why it did not take the request; says also whether lookup was for a preflight. */
export async function findLosers (
  rehearsal: Rehearsal, request: OfflineRequest, { admitted, plan: winner }: Rehearsed, plans: readonly Plan[], shown: number, placeOf: (origin: Origin) => string
): Promise<{ losers: Losers, preflight: boolean }> {
  const lost: Lost[] = []
  let preflight = false
  // A request that never got to lookup lost nowhere. This is another run of it: predicates asked out of turn may read its body.
  if (admitted) {
    await rehearsal.look(request, async x => {
      preflight = await asPreflight(x, winner)
      for (const plan of plans) {
        if (plan === winner) break
        const loss = await lossOf(plan, x, preflight)
        if (loss) lost.push({ plan, loss })
        if (loss?.kind === 'failed') break
      }
    })
  }
  const told = nearestFirst(lost).slice(0, shown)
  const routes = told.map(({ plan, loss }) => ({ id: plan.id, source: placeOf(plan.config.origin), reason: reasonOf(loss) }))
  return { losers: { routes, more: lost.length - told.length }, preflight }
}

/** A preflight (Fetch 3.2.2) is looked up by the method it asks about, where a route that answers preflights takes that. */
async function asPreflight (x: Exchange, winner: Plan | null): Promise<boolean> {
  const asked = x.headers.first('access-control-request-method')
  if (x.method !== 'OPTIONS' || asked === undefined || !x.headers.has('origin') || !winner?.answersPreflight) return false
  x.routingMethod = asked
  const took = (await lossOf(winner, x, true))?.kind
  if (took === undefined || took === 'not-drawn') return true
  x.routingMethod = x.method
  return false
}

/** Those of which most predicates held are worth the first look; equal ones stay in order. */
function nearestFirst (lost: readonly Lost[]): Lost[] {
  const held = ({ loss }: Lost) => loss.kind === 'predicate' ? loss.held : Infinity
  return [...lost].sort((a, b) => held(b) === held(a) ? 0 : held(b) - held(a))
}

function reasonOf (loss: Loss): string {
  switch (loss.kind) {
    case 'predicate': return `${loss.label} does not hold`
    case 'failed': return `${loss.label} failed: ${loss.message}`
    case 'no-preflight': return 'the request is a CORS preflight, and none of its filters answers one'
    case 'not-drawn': return `its predicates hold, but another route of the group "${loss.group}" was drawn`
  }
}
