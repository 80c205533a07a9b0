/** One false alarm in a hundred. */
const LEAST_NATS = Math.log(100)

/**
 * Whether `k` of `n` are so many that a share of `limit` would hardly ever bring them about: by the bound of Chernoff and Hoeffding (Hoeffding, "Probability
 * inequalities for sums of bounded random variables", 1963, theorem 1) the chance is below 1 %. A limit of nothing is broken by one.
 */
export function isBeyondChance (k: number, n: number, limit: number): boolean {
  if (k <= limit * n) return false
  if (limit <= 0) return true
  return n * divergence(k / n, limit) > LEAST_NATS
}

/** Of Kullback and Leibler, between two shares, in nats. */
const divergence = (share: number, from: number): number =>
  share * Math.log(share / from) + (share < 1 ? (1 - share) * Math.log((1 - share) / (1 - from)) : 0)
