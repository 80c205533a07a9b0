import type { LedgerView } from '../ledger/ledger-view.ts'
import type { ShadowView } from '../shadow-view.ts'
import { count, orDash, percent, times } from './figures.ts'
import type { Paint } from './paint.ts'
import { stageOf } from './print-ramp.ts'
import { printable } from './printable.ts'
import { textTable } from './text-table.ts'

const NAME_WIDTH = 40

const COLUMNS = [
  { title: 'SHADOW' }, { title: 'UPSTREAM' }, { title: 'SENT', right: true }, { title: 'COMPARED', right: true }, { title: 'EQUAL', right: true }, { title: 'NOISE', right: true },
  { title: 'DIFFERENT', right: true }, { title: 'ERRORS', right: true }, { title: 'P99', right: true }, { title: 'STAGE' }, { title: 'VERDICT' }
]

/** The live version of one route beside each of its shadows, a line for each. */
export function printMatrix (views: readonly ShadowView[], paint: Paint): string {
  const errors = views.find(({ ledger }) => ledger !== null)?.ledger?.errors.live
  const head = `${paint('bold', printable(views[0]!.route, NAME_WIDTH))}  live beside ${count(views.length)} shadows${errors ? `; errors of live ${percent(errors.rate)}` : ''}\n`
  return head + textTable(COLUMNS, views.map(row), '  ')
}

function row ({ shadow, upstream, role, decisions, ramp, ledger }: ShadowView): string[] {
  const sent = decisions.filter(({ result }) => result === 'sent').reduce((sum, one) => sum + one.count, 0)
  const verdict = role === 'secondary' ? 'secondary' : ledger?.verdict ?? 'not compared'
  return [printable(shadow, NAME_WIDTH), printable(upstream, NAME_WIDTH), count(sent), ...figures(ledger), ramp === null ? '-' : stageOf(ramp), verdict]
}

function figures (ledger: LedgerView | null): string[] {
  if (ledger === null) return ['-', '-', '-', '-', '-', '-']
  const { compared, equal, noise, differing, errors, latency: { ratio } } = ledger
  return [count(compared), count(equal), count(noise), percent(differing), percent(errors.shadow.rate), orDash(ratio.p99, times)]
}
