import type { Exchange } from '../contract/exchange.ts'
import type { Step } from '../contract/room.ts'
import type { PlannedFilter } from './plan.ts'

/** What has to be said anew of one audience, and by which filter. */
interface Restatement { readonly index: number, readonly say: Step }

/** Asks the filters of a route to say of the caller, on a copy of the request, what they say to upstreams, in the order of the route. `filters` is whole when the first copy is made. */
export const restating = (filters: readonly PlannedFilter[]) => (audience: string): Step => {
  let all: readonly Restatement[] | null = null
  return x => {
    all ??= filters.flatMap(({ index, phases }) => phases.restate ? [{ index, say: phases.restate(audience) }] : [])
    return all.length === 0 ? undefined : sayAll(all, x)
  }
}

async function sayAll (all: readonly Restatement[], x: Exchange): Promise<void> {
  for (const { index, say } of all) if (x.marks === null || x.marks[index] !== 'skipped') await say(x)
}
