/** Chooses the next of its members; null where there is none to choose. */
export type Balancer<T> = () => T | null

/**
 * Smooth weighted round robin: each turn every member gains its weight, the richest is taken and pays the total, so that
 * heavy ones do not come in bursts. (The algorithm of nginx's upstream module, 2012.)
 */
export function roundRobin<T extends { readonly weight: number }> (members: readonly T[]): Balancer<T> {
  const live = members.filter(({ weight }) => weight > 0)
  if (live.length <= 1) return () => live[0] ?? null
  const total = live.reduce((sum, { weight }) => sum + weight, 0)
  const credit = live.map(() => 0)
  return () => {
    let best = 0
    for (let i = 0; i < live.length; i++) {
      credit[i]! += live[i]!.weight
      if (credit[i]! > credit[best]!) best = i
    }
    credit[best]! -= total
    return live[best]!
  }
}
