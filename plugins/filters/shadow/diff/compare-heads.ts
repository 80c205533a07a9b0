import type { HeaderList } from '../../../../src/contract/index.ts'
import type { Answer } from '../answer.ts'
import { sameClass, type CompareRules } from './compare-rules.ts'
import { codingsOf } from './content-coding.ts'
import type { Findings } from './findings.ts'
import { mediaType } from './media-type.ts'
import { ABSENT } from './samples.ts'
import { shownHeader } from './shown-header.ts'

/** Of an answer without a body they say nothing. */
const OF_THE_BODY: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'content-language'])

/** Compares statuses. False where nothing else is worth comparing: one did not answer, or the other answered with an error, which differs in everything. */
export function compareStatus (live: Answer, other: Answer, rules: CompareRules, findings: Findings): boolean {
  if (live.status === 0 || other.status === 0) {
    findings.add('status', 'error', () => [outcome(live), outcome(other)])
    return false
  }
  if (!rules.sameStatus(live.status, other.status)) findings.add('status', 'status', () => [String(live.status), String(other.status)])
  return sameClass(live.status, other.status)
}

const outcome = ({ status, code }: Answer): string => status === 0 ? code ?? 'no answer' : String(status)

/** Compares the headers that are to be. */
export function compareHeaders (live: Answer, other: Answer, rules: CompareRules, findings: Findings): void {
  const oneIsEmpty = hasBody(live) !== hasBody(other)
  for (const name of rules.headers) {
    if (oneIsEmpty && OF_THE_BODY.has(name)) continue
    const [was, is] = [live.headers.get(name), other.headers.get(name)]
    if (was === is) continue
    if (was !== undefined && is !== undefined && rules.mask(normal(name, was)) === rules.mask(normal(name, is))) continue
    findings.add(`header/${name}`, kindOf(name, live.headers, other.headers), () => [sample(name, was, rules), sample(name, is, rules)])
  }
}

const hasBody = ({ body, extent }: Answer): boolean => extent !== 'whole' || (body !== null && body.length > 0)

/** Parameters of a media type may be written in several ways (RFC 9110 8.3.1). */
const normal = (name: string, value: string): string => name === 'content-type' ? value.replaceAll(/[\s"]/g, '').toLowerCase() : value

function kindOf (name: string, live: HeaderList, other: HeaderList): 'header' | 'media-type' | 'encoding' {
  if (name === 'content-type') return mediaType(live) === mediaType(other) ? 'header' : 'media-type'
  return name === 'content-encoding' && codingsOf(live).join() !== codingsOf(other).join() ? 'encoding' : 'header'
}

function sample (name: string, value: string | undefined, rules: CompareRules): string {
  return value === undefined ? ABSENT : shownHeader(name, rules.mask(value))
}
