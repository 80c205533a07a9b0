import { isUtf8 } from 'node:buffer'
import { Budget, type Allowance } from './budget.ts'
import { compareBytes } from './compare-bytes.ts'
import { compareJson } from './compare-json.ts'
import type { CompareRules } from './compare-rules.ts'
import { compareText } from './compare-text.ts'
import { decoded } from './content-coding.ts'
import type { Findings } from './findings.ts'
import { NotJson, readJson } from './json-reader.ts'
import type { Json } from './json-tree.ts'
import type { Family } from './media-type.ts'
import { ABSENT, shape } from './samples.ts'
import { isCoding } from './shown-header.ts'

/** One of the two bodies, with the codings it is in. Can be sent to another thread. */
export interface CodedBody { readonly bytes: Uint8Array, readonly codings: readonly string[] }

/** What is to be compared as what. */
export interface BodyPair { readonly live: CodedBody, readonly other: CodedBody, readonly family: Family }

/** Compares two bodies. Throws LimitReached where that would take more than is allowed. */
export function compareBodies ({ live, other, family }: BodyPair, rules: CompareRules, findings: Findings, allowance: Allowance): void {
  if (sameBytes(live.bytes, other.bytes) && live.codings.join() === other.codings.join()) return
  const budget = new Budget(allowance)
  const [was, is] = [decoded(live.bytes, live.codings, allowance.maxBytes), decoded(other.bytes, other.codings, allowance.maxBytes)]
  if (was === null || is === null) return undecoded(live, other, was, is, findings)
  if (sameBytes(was, is)) return
  if (was.length === 0 || is.length === 0) return findings.add('body', was.length === 0 ? 'added' : 'missing', () => [size(was), size(is)])
  compareDecoded(was, is, family === 'unknown' ? guessed(was, is) : family, rules, findings, budget)
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && Buffer.compare(a, b) === 0

const size = ({ length }: Uint8Array): string => length === 0 ? ABSENT : `bytes(${length})`

function undecoded (live: CodedBody, other: CodedBody, was: Uint8Array | null, is: Uint8Array | null, findings: Findings): void {
  if (was === null && is === null) return compareBytes(live.bytes, other.bytes, findings)
  const names = (codings: readonly string[]) => codings.every(isCoding) ? codings.join(', ') : 'known coding'
  const state = (body: Uint8Array | null, codings: readonly string[]) => body === null ? `no ${names(codings)}` : names(codings) || 'not encoded'
  findings.add('body', 'encoding', () => [state(was, live.codings), state(is, other.codings)])
}

/** Many a service does not say that its JSON is JSON. */
const guessed = (live: Uint8Array, other: Uint8Array): Family => [live, other].every(([first]) => first === 0x7b || first === 0x5b) ? 'json' : 'bytes'

function compareDecoded (live: Uint8Array, other: Uint8Array, family: Family, rules: CompareRules, findings: Findings, budget: Budget): void {
  if (family === 'json') compareAsJson(live, other, rules, findings, budget)
  else if (family === 'text') compareText(textOf(live), textOf(other), rules, findings, budget)
  else compareBytes(live, other, findings)
}

function compareAsJson (live: Uint8Array, other: Uint8Array, rules: CompareRules, findings: Findings, budget: Budget): void {
  const [was, is] = [parsed(live, budget), parsed(other, budget)]
  if (was !== undefined && is !== undefined) return compareJson(was, is, rules, findings, budget)
  if (was === is) return compareBytes(live, other, findings)
  const state = (value: Json | undefined) => value === undefined ? 'no JSON' : shape(value, '')
  findings.add('body', 'type', () => [state(was), state(is)])
}

function parsed (bytes: Uint8Array, budget: Budget): Json | undefined {
  if (!isUtf8(bytes)) return undefined
  try {
    return readJson(textOf(bytes), budget)
  } catch (error) {
    if (error instanceof NotJson) return undefined
    throw error
  }
}

/** What is no UTF-8 differs all the same: it is only looked at where the bytes differ. */
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
