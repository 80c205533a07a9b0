import type { DecisionCount } from '../decisions.ts'
import { LEARNED } from '../ledger/learned.ts'
import type { ErrorsView, LedgerView } from '../ledger/ledger-view.ts'
import type { ShadowView } from '../shadow-view.ts'
import { count, millis, orDash, percent, times } from './figures.ts'
import type { Paint } from './paint.ts'
import { printFindings } from './print-findings.ts'
import { rampLines } from './print-ramp.ts'
import { printable } from './printable.ts'
import { textTable } from './text-table.ts'

const NAME_WIDTH = 60

/** All there is to say of one shadow. */
export function printShadow (view: ShadowView, paint: Paint): string {
  const { route, shadow, mode, upstream, role, ramp, ledger } = view
  const about = [mode, `to ${upstream}`, ...role === 'secondary' ? ['secondary of live'] : []].map(part => printable(part, NAME_WIDTH)).join(', ')
  const lines: Line[] = [
    ['requests', requests(view.decisions)],
    ['now', `${count(view.inFlight)} in flight, ${count(view.waiting)} waiting (${count(view.waitingBytes)} B), breaker ${printable(view.breaker, NAME_WIDTH)}`],
    ...ramp === null ? [] : rampLines(ramp, paint),
    ...ledger === null ? [['compared', role === 'secondary' ? 'no: others are, with its noise' : 'no: answers are not compared'] as const] : compared(ledger, view.noise, paint)
  ]
  const width = Math.max(...lines.map(([title]) => title.length))
  const head = `${paint('bold', printable(`${route} ${shadow}`, 2 * NAME_WIDTH))}  ${about}, since ${printable(view.since, NAME_WIDTH)}\n`
  return head + lines.map(([title, text]) => `  ${title.padEnd(width)}  ${text}\n`).join('') + (ledger === null ? '' : `\n${legs(ledger)}${printFindings(ledger, paint)}`)
}

/** A line of figures and what they are. */
export type Line = readonly [title: string, text: string]

/** `sent 1,204; skipped 8,230 (sample 8,000, method 230)` */
function requests (decisions: readonly DecisionCount[]): string {
  const byResult = [...Map.groupBy(decisions, ({ result }) => result)].map(([result, all]) => {
    const why = all.filter(({ reason }) => reason !== '-').map(({ reason, count: n }) => `${printable(reason, NAME_WIDTH)} ${count(n)}`).join(', ')
    return `${printable(result, NAME_WIDTH)} ${count(all.reduce((sum, one) => sum + one.count, 0))}${why === '' ? '' : ` (${why})`}`
  })
  return byResult.length === 0 ? 'none yet' : byResult.join('; ')
}

function compared (ledger: LedgerView, noiseFrom: ShadowView['noise'], paint: Paint): Line[] {
  const { pairs, compared: all, equal, noise, undecided, different, differing, skipped, noiseComparisons, comparedBlind } = ledger
  const verdicts = `${count(equal)} equal, ${count(noise)} noise${undecided > 0 ? `, ${count(undecided)} undecided` : ''}, ${count(different)} different`
  const without = Object.entries(skipped).map(([reason, n]) => `${printable(reason, NAME_WIDTH)} ${count(n)}`).join(', ')
  return [
    ['compared', `${count(all)} of ${count(pairs)} pairs: ${verdicts}${without === '' ? '' : `; not compared: ${without}`}`],
    ['noise', `${SOURCES[noiseFrom]}${noiseFrom === 'none' ? '' : `, ${comparisons(noiseComparisons)}`}${comparedBlind > 0 ? `; ${count(comparedBlind)} pairs whose noise cannot be learned` : ''}`],
    ['verdict', paint(COLOURS[ledger.verdict], all === 0 ? 'empty: nothing was compared' : `${ledger.verdict}: ${percent(differing)} of the pairs differ beyond noise${doubt(ledger)}`)]
  ]
}

const comparisons = (known: number): string => known < LEARNED ? `${known} of the first ${LEARNED} comparisons` : `${count(known)} comparisons`

/** What a verdict rests on where it is not the share of pairs. */
function doubt ({ verdict, differing, unexplained, undecided, different }: LedgerView): string {
  if (unexplained > differing) return `, up to ${percent(unexplained)} may`
  if (verdict === 'different' && different === 0) return '; errors or latency are worse than live'
  return verdict === 'undecided' && undecided === 0 ? '; errors or latency may be worse than live' : ''
}

const SOURCES = { secondary: 'from a secondary of the live version', replay: 'from asking the live version twice', none: 'not learned' } as const

const COLOURS = { different: 'red', undecided: 'yellow', equal: 'green', empty: 'yellow' } as const

const LEG_COLUMNS = [{ title: '' }, { title: 'LIVE', right: true }, { title: 'SHADOW', right: true }, { title: 'RATIO', right: true }]

/** How both legs do. */
function legs ({ errors, latency: { live, shadow, ratio } }: LedgerView): string {
  const rows = [
    ['errors', errorsOf(errors.live), errorsOf(errors.shadow), ''],
    ...(['p50', 'p95', 'p99'] as const).map(name => [name, orDash(live[`${name}Ms`], millis), orDash(shadow[`${name}Ms`], millis), orDash(ratio[name], times)])
  ]
  return textTable(LEG_COLUMNS, rows, '  ')
}

function errorsOf ({ count: n, rate, codes }: ErrorsView): string {
  const [most] = Object.entries(codes).sort(([, a], [, b]) => b - a)
  return `${percent(rate)}${n > 0 ? ` (${count(n)}${most ? `, most ${printable(most[0], NAME_WIDTH)}` : ''})` : ''}`
}
