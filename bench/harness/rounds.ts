import type { Lab } from './lab.ts'

/** One thing to measure, once a round. */
export interface Entry<Result> {
  readonly name: string
  measure (): Promise<Result>
}

/**
 * Measures every entry once per round, so that a slow minute of the machine hits all of them and not one. Gives back the
 * best result of each, by `cost`: noise only ever adds. An entry that fails is named and left out of further rounds.
 */
export async function bestOfRounds<Result> (
  lab: Lab, entries: ReadonlyArray<Entry<Result>>, cost: (result: Result) => number, rounds = lab.options.rounds
): Promise<Map<string, Result>> {
  const best = new Map<string, Result>()
  const failed = new Set<string>()
  for (let round = 1; round <= rounds; round++) {
    for (const entry of entries) {
      if (failed.has(entry.name)) continue
      try {
        const result = await entry.measure()
        const known = best.get(entry.name)
        if (known === undefined || cost(result) < cost(known)) best.set(entry.name, result)
      } catch (error) {
        failed.add(entry.name)
        best.delete(entry.name)
        lab.note(`skipped ${entry.name}: ${(error as Error).message}`)
      }
    }
  }
  return best
}
