import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { memoryStore } from '../../../../src/adapters/memory-store.ts'
import type { Dispatch } from '../../../../src/contract/index.ts'
import type { ShadowView } from '../../../../plugins/filters/shadow/shadow-view.ts'
import { fakeClock, reply } from '../../../../src/testing/index.ts'
import { mirrored, OVER } from './mounted.ts'
import { shadow } from './report/published.ts'

/** A word that stands nowhere by chance. */
const secret = fc.stringMatching(/^[bcdfghjkmnpqrtvwxz]{9}$/)
/** How somebody's data looks in which a secret stands. */
const FORMS: readonly ((word: string) => string)[] = [
  word => word, word => `${word}@example.com`, word => `Ann ${word}`, word => `https://${word}.example/?token=${word}`, word => `Bearer ${word}`, word => `eyJhbGciOiJIUzI1NiJ9.${word}.${word}`,
  word => `\u001b[31m${word}\u0007\r\n`, word => `\u202e${word}`, word => word.repeat(300), word => `"; ${word}=1, ${word}`, word => `${word}/../${word}?q=${word}&p=1`, word => `4111 1111 1111 1111 ${word}`
]
/** The same as the name of a member, where its form says that it is none: a word alone could be any name. */
const KEYS: readonly ((word: string) => string)[] = [
  word => `${word}@example.com`, word => `/users/${word}`, word => `user-${word}-1234567`, word => `https://${word}.example`, word => `q=${word}`, word => `he said ${word} to me`, word => `${word}\u0000`,
  word => `${word}${word}${word}${word}${word}${word}${word}${word}`, word => `Bearer ${word}`, word => `${word} 10.1.2.3`, word => `\u001b[31m${word}`
]

const form = (forms: typeof FORMS) => fc.nat(forms.length - 1).map(i => forms[i]!)
/** What is planted into one answer. */
const planted = fc.record({ word: secret, text: form(FORMS), key: form(KEYS), number: fc.integer({ min: 123_456_789, max: 987_654_321 }), kind: fc.constantFrom('json', 'json', 'text', 'form', 'bytes', 'odd'), shape: fc.nat(5) })
type Planted = typeof planted extends fc.Arbitrary<infer P> ? P : never

const oneLine = (text: string): string => text.replace(/[^\x20-\x7e]/g, '')

function headersOf ({ word, text, kind }: Planted): Record<string, string> {
  const value = oneLine(text(word))
  const types = { json: `application/json; profile=${word}`, text: `text/plain; name="${word}"`, form: 'application/x-www-form-urlencoded', bytes: `image/png; ${value}`, odd: `${word}@example.com` }
  return {
    'content-type': types[kind],
    'cache-control': `private="${word}", max-age=1, ${value}`,
    vary: `Accept, ${value}`,
    'content-language': word,
    location: `https://a.example/${value}`,
    'www-authenticate': `Bearer realm="${word}", error_description="${value}"`,
    'set-cookie': `session=${word}`,
    etag: `"${word}"`,
    'x-user': value,
    ...kind === 'odd' && { 'content-encoding': value }
  }
}

function bodyOf ({ word, text, key, number, kind, shape }: Planted): string {
  const value = text(word)
  if (kind === 'form') return new URLSearchParams({ user: value, [word]: 'x' }).toString()
  if (kind !== 'json') return `line\n${value}\n${number}`
  const people = Object.fromEntries(['a', 'b', 'c', 'd'].map(letter => [`${word}${letter}`, { points: number, of: value }]))
  const shapes = [value, number, [value, number], { [key(word)]: value }, people, { list: [{ id: number, who: value }, { id: word, [key(word)]: number }] }]
  return JSON.stringify({ value, number, at: word, [key(word)]: value, deep: { shapes: shapes[shape] } })
}

const answering = (what: Planted): Dispatch => async x => {
  if (x.body.present) await x.body.hold(2 ** 20)
  return reply({ status: 200, headers: headersOf(what), body: bodyOf(what) })
}

/** Keeps what is asked of it. */
const watched = <T extends object>(kept: unknown[], target: T): T => new Proxy(target, {
  get: (_, name) => {
    const member: unknown = Reflect.get(target, name)
    return typeof member !== 'function'
      ? member
      : (...args: unknown[]): unknown => {
          kept.push(args)
          return Reflect.apply(member, target, args)
        }
  }
})

/** Everything that anybody can see of what a filter has done. */
async function seen (live: Planted, other: Planted, request: Planted): Promise<string> {
  const kept: unknown[] = []
  const store = watched(kept, memoryStore(fakeClock()))
  const { go, view, services, clock } = mirrored({ to: 'sandbox', methods: ['GET', 'POST'], stages: [{ percent: '100%', hold: '1s', minSamples: 1 }], compare: {} }, {
    live: answering(live), ways: { 'shadow:sandbox': answering(other), 'shadow:live': answering(live) }, services: { store }
  })
  await clock.pass(1100)
  const value = oneLine(request.text(request.word))
  for (let i = 0; i < 3; i++) {
    await go({
      method: i === 0 ? 'GET' : 'POST',
      target: `/${request.word}?q=${encodeURIComponent(value)}`,
      headers: { authorization: value, cookie: `s=${request.word}`, 'x-user': value, referer: value, 'content-type': 'application/json' },
      ...i > 0 && { body: bodyOf(request) }
    }, OVER)
    await clock.pass(1100)
  }
  const report = view('sandbox')
  assert.equal(report.ledger!.pairs > 0, true, JSON.stringify(report.decisions))
  const file = JSON.stringify({ version: 1, exportedAt: '2026-01-01T00:00:00Z', reports: [report] })
  const printed = await shadow(['report', '--from', 'r.json', '--fail-over', '0%'], { files: { 'r.json': file } })
  assert.doesNotMatch(printed.out + printed.err, /[^\P{C}\n]/u, 'nothing that drives a terminal')
  return [file, printed.out, printed.err, JSON.stringify(services.registry.samples()), JSON.stringify(services.log.lines), JSON.stringify(kept)].join('\n')
}

/** How the ways of a secret into the open were tried. */
const tried = new Set<string>()

t.test('nothing that a client or an upstream says is seen in logs, metrics, reports or the store', async t => {
  await fc.assert(fc.asyncProperty(planted, planted, planted, fc.boolean(), async (live, drawn, request, alike) => {
    // Two versions of one service mostly
    const other = alike ? { ...drawn, kind: live.kind, shape: live.shape } : drawn
    const text = await seen(live, other, { ...request, kind: 'json' })
    for (const { path, kind } of (JSON.parse(text.split('\n')[0]!) as { reports: [ShadowView] }).reports[0].ledger!.differences) tried.add(`${kind} ${path}`)
    for (const { word, number } of [live, other, request]) {
      assert.equal(text.includes(word), false, text.slice(Math.max(0, text.indexOf(word) - 200), text.indexOf(word) + 50))
      assert.equal(text.includes(String(number)), false, String(number))
    }
  }), { numRuns: 150 })
  for (const way of ['value body/value', 'number body/number', 'text body', 'header header/vary', 'header header/location', 'media-type header/content-type', 'added body/*', 'missing body/deep/shapes/*', 'encoding header/content-encoding']) t.ok(tried.has(way), way)
})
