import type { Answer } from '../../../../../plugins/filters/shadow/answer.ts'
import type { Comparison, Difference, DifferenceKind } from '../../../../../plugins/filters/shadow/comparison.ts'
import type { LedgerOptions } from '../../../../../plugins/filters/shadow/ledger/ledger-schema.ts'
import { Ledger } from '../../../../../plugins/filters/shadow/ledger/ledger.ts'
import { HeaderList, type ErrorCode, type Random } from '../../../../../src/contract/index.ts'
import { fakeServices, type FakeServices } from '../../../../../src/testing/index.ts'

/** What the schema gives where nothing is said. */
export const DEFAULTS: LedgerOptions = { samples: 20, paths: 1000, report: { relative: 0.2, absolute: 0.0003 }, confidence: 0.999 }

/** The same numbers for the same seed: a Weyl sequence, its bits mixed twice. */
export function seeded (seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1)
  return {
    next: () => {
      state = (state + 0x6d2b79f5) | 0
      let mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39)
      return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
    }
  }
}

/** A ledger with a clock, metrics and chance of its own. */
export function ledgerOf (over: Partial<LedgerOptions> = {}, services: Partial<FakeServices> = {}) {
  const fakes = fakeServices({ random: seeded(7), ...services })
  return { ledger: new Ledger({ ...DEFAULTS, ...over }, 'next', fakes), ...fakes }
}

const HEADERS = new HeaderList()

export function answer ({ status = 200, headMs = 5, code = null }: { status?: number, headMs?: number, code?: ErrorCode | null } = {}): Answer {
  return { status, headers: HEADERS, body: null, extent: code === null ? 'whole' : 'broken', code, headMs }
}

export const GOOD = answer()
export const EQUAL: Comparison = { verdict: 'equal', reason: null, differences: [] }

export const difference = (path: string, kind: DifferenceKind = 'value'): Difference => ({ path, kind, live: 'string(4)', shadow: 'string(5)' })

export function comparison (...differences: Difference[]): Comparison {
  return differences.length === 0 ? EQUAL : { verdict: 'different', reason: null, differences }
}

/** Places that differ in such a share of the comparisons, each by itself. */
export type Rates = Readonly<Record<string, number>>

/** What noise there is in a service that gives times, ids, ages, orders of lists, and now and then something else. */
export const NOISE: Rates = { 'header/date': 1, 'body/id': 1, 'body/at': 0.98, 'body/age': 0.5, 'body/items': 0.3, 'header/etag': 0.1, 'body/cached': 0.01, 'body/hint': 0.003, 'body/rare': 0.001, 'body/rarest': 0.0004 }

/** Draws comparisons of which each place differs as often as its rate says. */
export function drawing (rates: Rates, { next }: Random): () => Comparison {
  const places = Object.entries(rates).map(([path, rate]) => ({ rate, found: difference(path) }))
  return () => comparison(...places.filter(({ rate }) => next() < rate).map(({ found }) => found))
}

/** How noise is learned: from a secondary beside every pair, or from one pair in a hundred. */
export type Learning = 'secondary' | 'replay'

/** Has a ledger count `pairs`, and noise as it comes. */
export function traffic (ledger: Ledger, { noise, planted = {}, learning, seed }: { noise: Rates, planted?: Rates, learning: Learning, seed: number }) {
  const random = seeded(seed)
  const raw = drawing({ ...noise, ...planted }, random)
  const again = drawing(noise, random)
  const share = learning === 'secondary' ? 1 : 0.01
  return (pairs: number): void => {
    for (let i = 0; i < pairs; i++) {
      ledger.compared({ live: GOOD, shadow: GOOD, comparison: raw() })
      if (random.next() < share) ledger.noise({ live: GOOD, other: GOOD, comparison: again() })
    }
  }
}

/** What a ledger reports, by path. */
export const reported = (ledger: Ledger): string[] => ledger.view().differences.filter(({ verdict }) => verdict === 'difference').map(({ path }) => path)

/** So many pairs that differ at these places. */
export function pairs (ledger: Ledger, count: number, ...paths: string[]): void {
  for (let i = 0; i < count; i++) ledger.compared({ live: GOOD, shadow: GOOD, comparison: comparison(...paths.map(path => difference(path))), requestId: `r${i}` })
}

/** So many repeats that do. */
export function repeats (ledger: Ledger, count: number, ...paths: string[]): void {
  for (let i = 0; i < count; i++) ledger.noise({ live: GOOD, other: GOOD, comparison: comparison(...paths.map(path => difference(path))) })
}

/** What is known of one place. */
export const at = (ledger: Ledger, path: string) => ledger.view().differences.find(one => one.path === path)
