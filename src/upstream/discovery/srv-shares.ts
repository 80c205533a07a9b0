import type { SrvTarget } from './srv-answer.ts'

/** A target and its addresses. */
export interface ResolvedTarget extends SrvTarget { readonly addresses: readonly string[] }

/** One address with the place it has among our members. */
export interface Shared { readonly target: SrvTarget, readonly address: string, readonly weight: number, readonly priority: number }

/** The largest weight of a group whose weights have to be made over. */
const FULL = 100
/** Groups that members can have. */
const LAST_PRIORITY = 9

/**
 * Turns priorities and weights of RFC 2782 into ours. Priorities become ranks: only their order means something. Of a group in which a
 * weight is 0, such targets get a hundredth of the heaviest ("a very small chance of being selected"); where all are 0, all get the same.
 * A target with several addresses shares its weight among them.
 */
export function srvShares (targets: readonly ResolvedTarget[]): Shared[] {
  const ranks = [...new Set(targets.map(({ priority }) => priority))].sort((a, b) => a - b)
  return ranks.flatMap((priority, rank) => {
    const group = targets.filter(target => target.priority === priority)
    const share = shares(group)
    return group.flatMap(target => target.addresses.map(address =>
      ({ target, address, weight: share(target), priority: Math.min(rank, LAST_PRIORITY) })))
  })
}

function shares (group: readonly ResolvedTarget[]): (target: ResolvedTarget) => number {
  const unit = group.reduce((divisor, { weight }) => commonDivisor(divisor, weight), 0)
  if (unit === 0) return evenly(group)
  const heaviest = Math.max(...group.map(({ weight }) => weight)) / unit
  const exact = heaviest <= FULL && group.every(({ weight, addresses }) => weight > 0 && addresses.length === 1)
  const factor = (exact ? 1 : FULL / heaviest) / unit
  return ({ weight, addresses }) => Math.max(1, Math.round(weight * factor / addresses.length))
}

/** All weights are 0. */
function evenly (group: readonly ResolvedTarget[]): (target: ResolvedTarget) => number {
  if (group.every(({ addresses }) => addresses.length === 1)) return () => 1
  return ({ addresses }) => Math.max(1, Math.round(FULL / addresses.length))
}

function commonDivisor (a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b)
}
