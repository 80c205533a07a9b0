import type { Member } from './member.ts'

/** Members that are balanced among each other, and their share of the requests. */
export interface Cell { readonly members: readonly Member[], /** 0 to 1; 0: asked only where those before it are not to be had. */ readonly share: number }

/** Who is asked at the moment. `cells`: the most wanted first. `panic`: health is not believed. */
export interface Rotation { readonly cells: readonly Cell[], readonly panic: boolean }

export interface RotationOptions {
  /** Where the gateway stands. */
  readonly zone: string | null
  /** 0 to 1: below this share of the weight up, requests go on to the others. */
  readonly spillBelow: number
  /** 0 to 1: below this share of the weight up, all are asked; 0 for never. */
  readonly panicBelow: number
}

type IsUp = (member: Member) => boolean

/** The members of one priority. */
interface Group { readonly members: readonly Member[], /** Share of the requests it can take, 0 to 1. */ readonly capacity: number }

/**
 * Sorts members by priority and zone, and shares the requests out as Envoy does with its overprovisioning: a group, or the own zone in it,
 * keeps what it has up in relation to `spillBelow`, and the next gets the rest. Ejection alone leaves nobody without an endpoint.
 */
export function rotation (members: readonly Member[], options: RotationOptions): Rotation {
  const weighted = members.filter(({ weight }) => weight > 0)
  const isUp: IsUp = weighted.some(({ up }) => up) ? ({ up }) => up : ({ healthy }) => healthy
  const groups = byPriority(weighted, isUp, options.spillBelow)
  const capacity = groups.reduce((sum, group) => sum + group.capacity, 0)
  // A group for failover is there to take the place of others that are down
  const isEnough = groups.length > 1 && capacity >= 1
  const panic = !isEnough && weightOf(weighted.filter(({ up }) => up)) < weightOf(weighted) * options.panicBelow
  const shares = sharesOf(groups, capacity)
  const cells = groups.flatMap((group, i) => panic ? [{ members: group.members, share: shares[i]! }] : byZone(group.members, shares[i]!, isUp, options))
  return { cells, panic }
}

function byPriority (members: readonly Member[], isUp: IsUp, spillBelow: number): Group[] {
  const sorted = [...Map.groupBy(members, ({ priority }) => priority)].sort(([a], [b]) => a - b)
  return sorted.map(([, group]) => ({ members: group, capacity: capacityOf(group, isUp, spillBelow) }))
}

/** What the lower ones cannot take goes on; where all together cannot take all, each gets its part. */
function sharesOf (groups: readonly Group[], capacity: number): number[] {
  if (capacity === 0) return groups.map((_, i) => i === 0 ? 1 : 0)
  let left = 1
  return groups.map(group => {
    const share = capacity < 1 ? group.capacity / capacity : Math.min(left, group.capacity)
    left -= share
    return share
  })
}

function byZone (members: readonly Member[], share: number, isUp: IsUp, { zone, spillBelow }: RotationOptions): Cell[] {
  const up = members.filter(isUp)
  const own = up.filter(member => member.zone === zone)
  const others = up.filter(member => member.zone !== zone)
  if (zone === null || own.length === 0 || others.length === 0) return up.length === 0 ? [] : [{ members: up, share }]
  const kept = capacityOf(members.filter(member => member.zone === zone), isUp, spillBelow)
  return [{ members: own, share: share * kept }, { members: others, share: share * (1 - kept) }]
}

function capacityOf (members: readonly Member[], isUp: IsUp, spillBelow: number): number {
  const up = weightOf(members.filter(isUp))
  return up === 0 ? 0 : Math.min(1, up / (weightOf(members) * spillBelow))
}

const weightOf = (members: readonly Member[]): number => members.reduce((sum, { weight }) => sum + weight, 0)
