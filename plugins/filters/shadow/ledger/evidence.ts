/**
 * How strongly counts speak for a difference, as the natural logarithm of an e-value: where there is none, the value is ever above 1/a with a
 * probability of a at most (Ville's inequality), however often somebody looks and whenever he stops. So the same report can be read all day,
 * with no plan of looks, and unlike an interval by normal approximation it holds for counts of 0, too.
 *
 * The value is a likelihood ratio: the counts under rates that are unknown (a Beta(1/2, 1/2) mixture; Robbins, Ann. Math. Stat. 41/5, 1970)
 * against the counts under the rates that suit them best of all that are no difference (Wasserman, Ramdas, Balakrishnan, Universal inference,
 * PNAS 117/29, 2020). It is above the threshold where and only where the difference of the rates has a lower bound above 0.
 */

const LN_PI = Math.log(Math.PI)
const HALF_LN_2PI = Math.log(2 * Math.PI) / 2

/** Two independent samples: for a rate behind `count` of `of` that is above the one behind `otherCount` of `otherOf`. */
export function rateEvidence (count: number, of: number, otherCount: number, otherOf: number): number {
  if (of === 0 || otherOf === 0 || count * otherOf <= otherCount * of) return -Infinity
  return lnMixture(count, of) + lnMixture(otherCount, otherOf) - lnBest(count + otherCount, of + otherOf)
}

/**
 * Pairs of which the one, the other, or both have something: for `one` having it more often, by those where only one has it (McNemar,
 * Psychometrika 12/2, 1947). What is slow or wrong in both for the same reason says nothing, and times of day do not matter.
 */
export function pairEvidence (onlyOne: number, onlyOther: number): number {
  if (onlyOne <= onlyOther) return -Infinity
  const of = onlyOne + onlyOther
  return lnMixture(onlyOne, of) + of * Math.LN2
}

/** ln of the probability of one series of `count` in `of`, with a rate from Beta(1/2, 1/2). */
function lnMixture (count: number, of: number): number {
  return lnGamma(count + 0.5) + lnGamma(of - count + 0.5) - lnGamma(of + 1) - LN_PI
}

/** ln of the probability of such a series with the rate that suits it best. */
function lnBest (count: number, of: number): number {
  return count * ln(count / of) + (of - count) * ln((of - count) / of)
}

/** 0 * ln 0 is 0 here. */
const ln = (share: number): number => share === 0 ? 0 : Math.log(share)

/** Stirling's series from 8 up, exact to eleven places; below, the recurrence leads there. */
function lnGamma (x: number): number {
  let below = 1
  for (; x < 8; x++) below *= x
  const f = 1 / (x * x)
  return (x - 0.5) * Math.log(x) - x + HALF_LN_2PI + (1 / 12 - f * (1 / 360 - f * (1 / 1260 - f / 1680))) / x - Math.log(below)
}
