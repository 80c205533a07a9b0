import type { Gate } from '../stages/gates.ts'
import type { RampView } from '../stages/ramp-view.ts'
import { count, orDash, percent, span, times } from './figures.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'

const TEXT_WIDTH = 200

/** `2/4 25% ramping` */
export const stageOf = ({ state, stage, stages, percent: share }: RampView): string =>
  stage === null ? printable(state, TEXT_WIDTH) : `${stage + 1}/${stages} ${percent(share)} ${printable(state, TEXT_WIDTH)}`

/** Where a ramp is, why, and what keeps it there. */
export function rampLines (ramp: RampView, paint: Paint): [title: string, text: string][] {
  const { since, reason, waitMs, gates, shared, storeDown } = ramp
  const agreed = storeDown ? `; ${paint('yellow', 'the store cannot be reached')}` : shared ? '' : '; of this process only'
  return [
    ['ramp', `${stageOf(ramp)}${since === null ? '' : ` since ${printable(since, TEXT_WIDTH)}`}: ${printable(reason, TEXT_WIDTH)}${agreed}`],
    ...gates.length === 0 ? [] : [['gates', gates.map(gate => gateText(gate, paint)).join('; ')] as [string, string]],
    ...waitMs === null ? [] : [['next', `no sooner than in ${span(waitMs)}`] as [string, string]]
  ]
}

/** `maxErrors 0.2% (at most 1%)` */
function gateText ({ name, value, limit, pass, broken }: Gate, paint: Paint): string {
  const print = PRINTED[name] ?? String
  const text = `${printable(name, TEXT_WIDTH)} ${orDash(value, print)} (${name === 'minSamples' ? 'at least' : 'at most'} ${print(limit)})`
  return broken ? paint('red', `${text} broken`) : pass ? paint('green', `${text} holds`) : `${text} not yet`
}

const PRINTED: Readonly<Record<Gate['name'], (value: number) => string>> = { minSamples: count, maxDifference: percent, maxErrors: percent, maxP99: times }
