import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { answer, mounted } from './comparing.ts'

const name = fc.stringMatching(/^[a-z]{1,5}$/)
const { value } = fc.letrec(tie => ({
  value: fc.oneof({ maxDepth: 4, depthSize: 'small' }, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string(), fc.boolean(), fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }), fc.dictionary(name, tie('value'), { maxKeys: 6, noNullPrototype: true }))
}))
const compare = mounted()
const unordered = mounted({ unordered: '/list' })

t.test('anything is equal to itself, however it is written', async () => {
  await fc.assert(fc.asyncProperty(value, async doc => (await compare(answer(JSON.stringify(doc)), answer(JSON.stringify(doc, null, 1)))).verdict === 'equal'))
})

t.test('it does not matter which is which, but for the words', async () => {
  await fc.assert(fc.asyncProperty(value, value, async (a, b) => {
    const [there, back] = [await compare(answer(JSON.stringify(a)), answer(JSON.stringify(b))), await compare(answer(JSON.stringify(b)), answer(JSON.stringify(a)))]
    assert.deepEqual([...new Set(there.differences.map(({ path }) => path))].sort(), [...new Set(back.differences.map(({ path }) => path))].sort())
    assert.equal(there.verdict, JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b)) ? 'equal' : 'different')
  }), { numRuns: 300 })
})

t.test('one change anywhere is found there and nowhere else', async () => {
  await fc.assert(fc.asyncProperty(value, fc.nat(), fc.nat(2), async (doc, at, how) => {
    const written = JSON.parse(JSON.stringify([doc])) as unknown
    const { changed, path } = mutated(written, at, how)
    const { differences } = await compare(answer(JSON.stringify(written)), answer(JSON.stringify(changed)))
    assert.deepEqual([...new Set(differences.map(one => one.path))], [path], JSON.stringify([written, changed]))
  }), { numRuns: 300 })
})

t.test('a list without order is equal in any, and a change in it is found', async () => {
  await fc.assert(fc.asyncProperty(fc.array(value, { maxLength: 12 }), fc.nat(), fc.nat(), async (list, seed, at) => {
    const written = JSON.parse(JSON.stringify(list)) as unknown[]
    const other = [...written].map((item, i) => ({ item, order: Math.imul(i + 1, seed | 1) })).sort((a, b) => a.order - b.order).map(({ item }) => item)
    const of = (items: unknown) => answer(JSON.stringify({ list: items }))
    assert.equal((await unordered(of(written), of(other))).verdict, 'equal')
    if (other.length === 0) return
    const { changed, path } = mutated(other, at, 0)
    assert.deepEqual([...new Set((await unordered(of(written), of(changed))).differences.map(one => one.path))], [path.replace('body', 'body/list')])
  }))
})

t.test('junk of any kind has a verdict', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), fc.constantFrom('application/json', 'text/plain', 'image/png', ''), fc.constantFrom('', 'gzip', 'br', 'zstd', 'deflate'), async (a, b, type, coding) => {
    const headers = { 'content-type': type, 'content-encoding': coding }
    assert.match((await compare(answer(a, { headers }), answer(b, { headers }))).verdict, /^(equal|different)$/)
  }))
})

t.test('JSON is what JSON.parse takes for it', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', '\\u12aB', '"a":', '0', '-', '1', '.5', 'e+', 'E9', 'true', 'null', 'false', ' ', '\t', '\n', '\u0001', '\ud800'), { maxLength: 8 }), async parts => {
    const text = `[${parts.join('')}]`
    const [found] = (await compare(answer(text), answer('{}'))).differences
    assert.equal(found?.live !== 'no JSON', isJson(Buffer.from(text).toString()), text)
  }), { numRuns: 2000 })
})

/** With the names of every object in the order of the alphabet, and no minus before a zero. */
function inOrder (value: unknown): unknown {
  if (typeof value === 'number') return value + 0
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? value.map(inOrder) : Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([name, inner]) => [name, inOrder(inner)]))
}

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The document with one scalar (or empty list or object) changed: to another type, to another value, or taken away; and the path of it. */
function mutated (doc: unknown, at: number, how: number): { changed: unknown, path: string } {
  const places: string[][] = []
  const collect = (value: unknown, way: string[]): void => {
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) places.push(way)
    else for (const [key, inner] of Object.entries(value)) collect(inner, [...way, key])
  }
  collect(doc, [])
  const changed = structuredClone(doc) as Record<string, unknown>
  let above = changed
  let path = 'body'
  const way = places[at % places.length]!
  for (const [i, key] of way.entries()) {
    path += Array.isArray(above) ? '/*' : `/${key}`
    if (i < way.length - 1) above = above[key] as Record<string, unknown>
  }
  const last = way.at(-1)!
  if (how === 2 && !Array.isArray(above)) delete above[last]
  else above[last] = how === 0 ? retyped(above[last]) : revalued(above[last])
  return { changed, path }
}

const retyped = (value: unknown): unknown => typeof value === 'object' && value !== null && !Array.isArray(value) ? 'no object' : { never: { there: typeof value } }

function revalued (value: unknown): unknown {
  if (typeof value === 'number') return value === 0 ? 1 : -value
  return typeof value === 'string' ? `${value}!` : retyped(value)
}
