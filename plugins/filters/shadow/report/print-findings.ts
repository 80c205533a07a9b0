import type { Finding, LedgerView } from '../ledger/ledger-view.ts'
import { certainty, count, orDash, percent } from './figures.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'
import { textTable } from './text-table.ts'

/** More than an operator reads; the rest is in `--json`. */
const SHOWN = 50
const PATH_WIDTH = 80
const SAMPLE_WIDTH = 40

const COLUMNS = [
  { title: 'VERDICT' }, { title: 'PATH' }, { title: 'KIND' }, { title: 'RAW', right: true }, { title: 'NOISE', right: true }, { title: 'RELATIVE', right: true },
  { title: 'ABSOLUTE', right: true }, { title: 'CONFIDENCE', right: true }, { title: 'LIVE -> SHADOW' }
]

/** Where live and shadow differ beyond noise, or may, and how much; nothing where they do not. */
export function printFindings ({ differences, noiseComparisons }: LedgerView, paint: Paint): string {
  const found = differences.filter(({ verdict }) => verdict !== 'noise')
  const notes = [
    hidden(found.length - SHOWN, 'more; --json has all of them'),
    hidden(differences.length - found.length, 'of noise, or too rare to report'),
    found.length > 0 && noiseComparisons === 0 ? 'noise is not known yet: nothing tells what differs by itself' : ''
  ].filter(note => note !== '')
  const table = found.length === 0 ? '' : `${textTable(COLUMNS, found.slice(0, SHOWN).map(finding => row(finding, paint)), '  ')}`
  const text = table + notes.map(note => `  ${paint('dim', note)}\n`).join('')
  return text === '' ? '' : `\n${text}`
}

const hidden = (places: number, what: string): string => places > 0 ? `not shown: ${count(places)} ${what}` : ''

function row ({ verdict, path, kind, raw, noise, relative, absolute, confidence, samples }: Finding, paint: Paint): string[] {
  const [sample] = samples
  return [
    paint(verdict === 'difference' ? 'red' : 'yellow', verdict),
    printable(path, PATH_WIDTH),
    printable(kind, SAMPLE_WIDTH),
    percent(raw.rate),
    percent(noise.rate),
    percent(relative),
    percent(absolute),
    orDash(confidence, certainty),
    sample ? `${sample.path === undefined ? '' : `${printable(sample.path, SAMPLE_WIDTH)}: `}${printable(sample.live, SAMPLE_WIDTH)} -> ${printable(sample.shadow, SAMPLE_WIDTH)}` : ''
  ]
}
