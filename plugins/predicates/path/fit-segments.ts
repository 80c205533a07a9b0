import type { Params } from '../../../src/contract/index.ts'
import type { Segment } from './compile-segment.ts'

/** A segment in its place. `takesEmpty`: also the nothing behind a last slash. */
export interface Element extends Segment { readonly takesEmpty: boolean }

/** Elements that stand side by side. Between two blocks is a `**`, or the `{*name}` that the later one holds as `rest`. */
export interface Block { readonly elements: readonly Element[], readonly rest: string | null, readonly first: boolean, readonly last: boolean }

/**
 * Fits blocks to the segments from 1 up to `end`; null where they do not. The first block stands at the start and the last at the
 * end; each one between goes where it first fits, and no other place could do better. At worst elements times segments.
 */
export function fitSegments (blocks: readonly Block[], segments: readonly string[], end: number): Params | null {
  // Without a prototype, so that `{constructor}` in a template is a variable nobody captured
  const captured: Record<string, string> = Object.create(null)
  let at = 1
  for (const { elements, rest, first, last } of blocks) {
    const limit = end - elements.length
    const found = find(elements, segments, last ? Math.max(at, limit) : at, first ? Math.min(at, limit) : limit, captured)
    if (found < 0) return null
    if (rest !== null) captured[rest] = segments.slice(at, found).map(segment => `/${segment}`).join('')
    at = found + elements.length
  }
  return captured
}

function find (elements: readonly Element[], segments: readonly string[], from: number, until: number, captured: Record<string, string>): number {
  for (let at = from; at <= until; at++) {
    if (elements.every((element, i) => takes(element, segments[at + i]!, captured))) return at
  }
  return -1
}

const takes = (element: Element, segment: string, captured: Record<string, string>) =>
  segment === '' ? element.takesEmpty : element.fits(segment, captured)
