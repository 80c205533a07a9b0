import type { LedgerView } from '../ledger/ledger-view.ts'
import type { ShadowView } from '../shadow-view.ts'
import { count, percent, times } from './figures.ts'
import { printable } from './printable.ts'
import type { Limits } from './report-options.ts'

/** Why a report does not pass: a line for each reason; none where it does. */
export function failures (views: readonly ShadowView[], limits: Limits): string[] {
  const compared = views.filter(({ ledger }) => ledger !== null)
  // Nothing was looked at, and that must not pass
  if (compared.length === 0) return ['nothing is compared here']
  return compared.flatMap(({ route, shadow, ledger }) => failuresOf(ledger!, limits).map(why => `${printable(`${route} ${shadow}`)}: ${why}`))
}

function failuresOf (ledger: LedgerView, limits: Limits): string[] {
  const tooFew = ledger.compared < limits.minCompared
  const few = tooFew ? [`${count(ledger.compared)} pairs compared, fewer than ${count(limits.minCompared)}`] : []
  const { failOver, allowUndecided } = limits
  return failOver === null ? few : [...few, ...differing(ledger, failOver), ...allowUndecided ? [] : undecided(ledger, failOver), ...slowerOrFailing(ledger)]
}

function differing ({ differing, compared }: LedgerView, failOver: number): string[] {
  return differing > failOver ? [`${percent(differing)} of ${count(compared)} compared pairs differ beyond noise, more than ${percent(failOver)}`] : []
}

/** Too little is known of noise to say what these are: a pipeline that took them for equal would pass whatever a short run has met. */
function undecided ({ differing, unexplained, compared, noiseComparisons }: LedgerView, failOver: number): string[] {
  if (differing > failOver || unexplained <= failOver) return []
  return [`undecided: ${percent(unexplained)} of ${count(compared)} compared pairs may differ beyond noise, more than ${percent(failOver)}; noise is known from ${count(noiseComparisons)} comparisons`]
}

/** What no share of pairs tells: how long they took, and how many failed. */
function slowerOrFailing ({ differences, latency: { ratio } }: LedgerView): string[] {
  const sure = differences.filter(({ verdict }) => verdict === 'difference')
  const slower = sure.filter(({ kind }) => kind === 'latency').map(({ path }) => printable(path.replace('latency/', ''))).sort()
  return [
    ...slower.length === 0 ? [] : [`slower than live: ${slower.join(', ')}${ratio.p99 === null ? '' : ` (p99 ${times(ratio.p99)})`}`],
    ...sure.filter(({ kind }) => kind === 'error-rate').map(({ raw, noise }) => `${percent(raw.rate)} errors, live ${percent(noise.rate)}`)
  ]
}

/** What passes only because it is allowed to. */
export function doubts (views: readonly ShadowView[], { failOver, allowUndecided }: Limits): string[] {
  if (failOver === null || !allowUndecided) return []
  return views.flatMap(({ route, shadow, ledger }) => ledger === null ? [] : undecided(ledger, failOver).map(why => `${printable(`${route} ${shadow}`)}: ${why}`))
}
