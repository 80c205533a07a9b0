import type { Answer } from '../answer.ts'
import type { NotCompared } from '../comparison.ts'
import type { BodyPair, CodedBody } from './compare-bodies.ts'
import { codingsOf } from './content-coding.ts'
import type { Findings } from './findings.ts'
import { familyOf, mediaType } from './media-type.ts'
import { shownMediaType } from './shown-header.ts'

/** A body is another one, without a look at it, where it is more than may be compared and the other is no more than this part of that. */
const FAR_SHORTER = 1 / 8
const NOTHING = new Uint8Array()

/** The bodies, and what they are to be compared as. Null where all there is to say of them is said. */
export function bodyPair (live: Answer, other: Answer, maxBytes: number, findings: Findings): BodyPair | NotCompared | null {
  if (live.extent === 'broken' || other.extent === 'broken') return broken(live, other, findings)
  return isOver(live, maxBytes) || isOver(other, maxBytes) ? over(live, other, maxBytes, findings) : ofOneFamily(live, other, findings)
}

function broken (live: Answer, other: Answer, findings: Findings): NotCompared | null {
  if (live.extent === other.extent) return 'no-answer'
  findings.add('body', 'truncated', () => [extentOf(live), extentOf(other)])
  return null
}

function over (live: Answer, other: Answer, maxBytes: number, findings: Findings): NotCompared {
  const one = isOver(live, maxBytes) ? other : live
  if (!isOver(one, maxBytes) && length(one) <= maxBytes * FAR_SHORTER) findings.add('body', 'length', () => [extentOf(live), extentOf(other)])
  return 'too-large'
}

const length = ({ body }: Answer): number => body?.length ?? 0
const isOver = (answer: Answer, maxBytes: number): boolean => answer.extent === 'over' || length(answer) > maxBytes

const extentOf = (answer: Answer): string => EXTENTS[answer.extent](length(answer))
const EXTENTS: Readonly<Record<Answer['extent'], (bytes: number) => string>> = {
  whole: bytes => `bytes(${bytes})`,
  over: bytes => `bytes(more than ${bytes})`,
  broken: bytes => `broken off after ${bytes} bytes`
}

function ofOneFamily (live: Answer, other: Answer, findings: Findings): BodyPair | null {
  const [type, otherType] = [mediaType(live.headers), mediaType(other.headers)]
  const [family, otherFamily] = [familyOf(type), familyOf(otherType)]
  const either = family === 'unknown' || otherFamily === 'unknown' || length(live) === 0 || length(other) === 0
  if (either || family === otherFamily) return { live: coded(live), other: coded(other), family: family === 'unknown' ? otherFamily : family }
  // Otherwise it is said of the header
  if (!findings.has('header/content-type', 'media-type')) findings.add('body', 'media-type', () => [shownMediaType(type), shownMediaType(otherType)])
  return null
}

const coded = ({ body, headers }: Answer): CodedBody => ({ bytes: body ?? NOTHING, codings: codingsOf(headers) })
