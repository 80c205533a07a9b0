import { gzipSync } from 'node:zlib'
import { HeaderList } from '../../../../src/contract/header-list.ts'
import type { Answer } from '../../../../plugins/filters/shadow/answer.ts'
import type { DifferenceKind } from '../../../../plugins/filters/shadow/comparison.ts'

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
export type Draw = () => number

/** Draws that a seed determines. */
export function draws (seed: number): Draw {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ state >>> 15, state | 1)
    t ^= t + Math.imul(t ^ t >>> 7, t | 61)
    return ((t ^ t >>> 14) >>> 0) / 4294967296
  }
}

export interface Item { sku: string, name: string, quantity: number, price: number, weightKg: number, options: string[] }
export interface Order {
  id: string
  number: number
  status: string
  currency: string
  createdAt: string
  total: number
  note: string | null
  paid: boolean
  customer: { id: string, email: string, address: { street: string, zip: string, country: string } }
  items: Item[]
  history: { at: string, event: string }[]
  /** Never the same twice: see NOISE. */
  tags: string[]
  now: string
  traceId: string
  tookMs: number
}

/** What an upstream of a test says. */
export interface PlantedAnswer {
  status: number
  headers: Record<string, string>
  body: Buffer
  /** The connection breaks after half of the body. */
  cut: boolean
  /** Before the head. */
  delayMs: number
}

const START_MS = Date.parse('2026-03-01T08:00:00Z')
const WORDS = ['linen', 'shirt', 'copper', 'kettle', 'walnut', 'board', 'garden', 'lamp', 'woollen', 'scarf']
const EVENTS = ['created', 'paid', 'picked', 'shipped', 'delivered']
const TAGS = ['express', 'gift', 'fragile', 'insured']

/** The n-th order of a seed: the same each time, but for what NOISE names, which `noisy` fills in. */
export function document (seed: number, n: number): Order {
  const draw = draws(Math.imul(seed, 7919) + n)
  const items = Array.from({ length: 2 + whole(draw, 4) }, (_, i) => item(draw, i))
  return {
    id: uuid(draw),
    number: 100_000 + n,
    status: pick(draw, ['open', 'paid', 'shipped']),
    currency: pick(draw, ['EUR', 'USD', 'KRW']),
    createdAt: new Date(START_MS - whole(draw, 1e9)).toISOString(),
    total: cents(items.reduce((sum, { quantity, price }) => sum + quantity * price, 0)),
    note: draw() < 0.3 ? null : phrase(draw, 6),
    paid: draw() < 0.5,
    customer: { id: uuid(draw), email: `customer${n}@example.com`, address: { street: `${phrase(draw, 1)} street ${1 + whole(draw, 99)}`, zip: String(10_000 + whole(draw, 89_999)), country: 'DE' } },
    items,
    history: EVENTS.slice(0, 3 + whole(draw, 3)).map((event, i) => ({ at: new Date(START_MS + i * 3_600_000).toISOString(), event })),
    tags: TAGS,
    now: '',
    traceId: '',
    tookMs: 0
  }
}

/** Where two answers of one version differ, and how. */
export const NOISE: readonly { path: string, kind: DifferenceKind }[] = [
  { path: 'body/tags', kind: 'order' },
  { path: 'body/now', kind: 'value' },
  { path: 'body/traceId', kind: 'value' },
  { path: 'body/tookMs', kind: 'number' }
]

/** The document as one request got it: a clock that goes on, a random id, a time taken, a set in the order of its hash. */
export function noisy (doc: Order, draw: Draw): Order {
  return {
    ...structuredClone(doc),
    tags: shuffled(doc.tags, draw),
    now: new Date(START_MS + whole(draw, 20_000)).toISOString(),
    traceId: hex(draw, 32),
    tookMs: 1 + whole(draw, 5000) / 100
  }
}

/** A document as an upstream says it. */
export function planted (doc: unknown): PlantedAnswer {
  const headers = { 'content-type': 'application/json', 'cache-control': 'max-age=60' }
  return { status: 200, headers, body: Buffer.from(JSON.stringify(doc)), cut: false, delayMs: 0 }
}

/** The same as the comparer gets it. */
export function answerOf ({ status, headers, body, cut, delayMs }: PlantedAnswer): Answer {
  return {
    status,
    headers: HeaderList.from(headers),
    body: cut ? body.subarray(0, body.length >> 1) : body,
    extent: cut ? 'broken' : 'whole',
    code: cut ? 'GW_UPSTREAM_RESET' : null,
    headMs: 5 + delayMs
  }
}

/** One fault of a shadow, and how it is to be named. The order that is planted in must be `noisy` already. */
export interface Plant {
  readonly name: string
  plant(answer: PlantedAnswer): PlantedAnswer
  /** Empty for what no two answers can show: latency. */
  readonly expected: readonly { path: string, kind: DifferenceKind }[]
}

const change = (edit: (doc: Order) => unknown) => (answer: PlantedAnswer): PlantedAnswer => {
  const doc = JSON.parse(answer.body.toString()) as Order
  return { ...answer, body: Buffer.from(JSON.stringify(edit(doc) ?? doc)) }
}

const hourLater = (time: string): string => new Date(Date.parse(time) + 3_600_000).toISOString()

/** The twelve of the issue. */
export const PLANTS: readonly Plant[] = [
  {
    name: 'renamed key',
    plant: change(({ currency, ...doc }) => ({ ...doc, currencyCode: currency })),
    expected: [{ path: 'body/currency', kind: 'missing' }, { path: 'body/currencyCode', kind: 'added' }]
  },
  {
    name: 'type change',
    plant: change(doc => ({ ...doc, items: doc.items.map(item => ({ ...item, quantity: String(item.quantity) })) })),
    expected: [{ path: 'body/items/*/quantity', kind: 'type' }]
  },
  {
    name: 'missing element',
    plant: change(doc => { doc.items.splice(doc.items.length >> 1, 1) }),
    expected: [{ path: 'body/items', kind: 'length' }, { path: 'body/items/*', kind: 'missing' }]
  },
  { name: 'float drift', plant: change(doc => { doc.total *= 1.003 }), expected: [{ path: 'body/total', kind: 'number' }] },
  { name: 'reordered list', plant: change(doc => { doc.items.reverse() }), expected: [{ path: 'body/items', kind: 'order' }] },
  {
    name: 'timestamps',
    plant: change(doc => ({ ...doc, createdAt: hourLater(doc.createdAt), now: new Date(doc.now).toUTCString() })),
    expected: [{ path: 'body/createdAt', kind: 'time' }, { path: 'body/now', kind: 'format' }]
  },
  {
    name: 'ids',
    plant: change(doc => { doc.customer.id = uuid(draws(doc.number)); doc.traceId = `trace ${doc.number}` }),
    expected: [{ path: 'body/customer/id', kind: 'value' }, { path: 'body/traceId', kind: 'format' }]
  },
  {
    name: 'header',
    plant: answer => ({ ...answer, headers: { ...answer.headers, 'cache-control': 'no-store' } }),
    expected: [{ path: 'header/cache-control', kind: 'header' }]
  },
  { name: 'status', plant: answer => ({ ...answer, status: 500 }), expected: [{ path: 'status', kind: 'status' }] },
  { name: 'truncated body', plant: answer => ({ ...answer, cut: true }), expected: [{ path: 'body', kind: 'truncated' }] },
  {
    name: 'encoding',
    plant: answer => ({ ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' }, body: gzipSync(answer.body) }),
    expected: [{ path: 'header/content-encoding', kind: 'encoding' }]
  },
  { name: 'latency', plant: answer => ({ ...answer, delayMs: answer.delayMs + 80 }), expected: [] }
]

const whole = (draw: Draw, below: number): number => Math.floor(draw() * below)
const pick = <T>(draw: Draw, from: readonly T[]): T => from[whole(draw, from.length)]!
const cents = (value: number): number => Math.round(value * 100) / 100
const phrase = (draw: Draw, words: number): string => Array.from({ length: words }, () => pick(draw, WORDS)).join(' ')
const hex = (draw: Draw, digits: number): string => Array.from({ length: digits }, () => whole(draw, 16).toString(16)).join('')

function uuid (draw: Draw): string {
  const digits = hex(draw, 32)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`
}

function item (draw: Draw, i: number): Item {
  return {
    sku: `SKU-${i}${hex(draw, 6)}`,
    name: phrase(draw, 2),
    quantity: 1 + whole(draw, 5),
    price: cents(1 + draw() * 500),
    weightKg: draw() * 10,
    options: Array.from({ length: whole(draw, 3) }, () => pick(draw, WORDS))
  }
}

function shuffled<T> (list: readonly T[], draw: Draw): T[] {
  const out = [...list]
  for (let i = out.length - 1; i > 0; i--) {
    const j = whole(draw, i + 1)
    const kept = out[i]!
    out[i] = out[j]!
    out[j] = kept
  }
  return out
}
