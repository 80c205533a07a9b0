import type { Paint } from '../paint.ts'
import { plural } from '../plural.ts'
import type { DiffGroup, DiffReport } from './diff-report.ts'
import type { Outcome } from './replay.ts'

const MAX_WIDTH = 56

/** The report for people; of each kind no more than `shown` groups. */
export function printDiff (report: DiffReport, shown: number, paint: Paint): string {
  const { upstreams, unreadable, beyond } = report
  const parts = [
    section('changed', 'CHANGED', report, shown, paint),
    section('undecided', 'UNDECIDED: a predicate goes by what the log does not tell', report, shown, paint),
    upstreams.length === 0 ? '' : `Upstreams that both files name and that differ: ${upstreams.join(', ')}\n`,
    unreadable === 0 ? '' : `${paint('yellow', `${plural(unreadable, 'line')} could not be read`)}\n`,
    beyond === 0 ? '' : `${paint('yellow', `${plural(beyond, 'request')} not compared: there are more different ones than are kept`)}\n`,
    summary(report, paint)
  ]
  return parts.filter(part => part !== '').join('\n')
}

function section (kind: DiffGroup['kind'], title: string, { groups }: DiffReport, shown: number, paint: Paint): string {
  const all = groups.filter(group => group.kind === kind)
  if (all.length === 0) return ''
  const told = all.slice(0, shown)
  const rows = told.map(({ count, example, was, is }) => [String(count), requestText(example), outcomeText(was), outcomeText(is)])
  const widths = ['COUNT', 'REQUEST', 'WAS'].map((head, i) => Math.min(MAX_WIDTH, Math.max(head.length, ...rows.map(row => row[i]!.length))))
  const line = (cells: readonly string[]) => `  ${cells.map((cell, i) => i === 0 ? cell.padStart(widths[0]!) : cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd()}`
  const lines = rows.flatMap((row, i) => [line(row), ...told[i]!.decidedBy.map(one => paint('dim', `  ${' '.repeat(widths[0]!)}  by ${one}`))])
  const more = all.length > told.length ? [paint('dim', `  and ${all.length - told.length} more kinds (--all)`)] : []
  return [paint('bold', title), line(['COUNT', 'REQUEST', 'WAS', 'IS']), ...lines, ...more, ''].join('\n')
}

const requestText = ({ method, host, target }: DiffGroup['example']): string => `${method} ${host ?? ''}${target}`

/** `orders -> orders-next /7`, `gone: 410`, `404 GW_NO_ROUTE` */
function outcomeText ({ route, upstream, path, status, code }: Outcome): string {
  const own = `${status}${code === null ? '' : ` ${code}`}`
  if (upstream === null) return route === null ? own : `${route}: ${own}`
  return `${route} -> ${upstream} ${path}`
}

function summary ({ requests, distinct, same, changed, undecided }: DiffReport, paint: Paint): string {
  const sum = `${plural(requests, 'request')}, ${distinct} distinct: ${same} the same, ${changed} changed, ${undecided} undecided`
  return `${paint(changed + undecided > 0 ? 'red' : 'green', sum)}\n`
}
