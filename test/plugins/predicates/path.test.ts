import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import path from '../../../plugins/predicates/path/index.ts'
import { ConfigErrors } from '../../../src/contract/config-error.ts'
import type { IndexHint } from '../../../src/contract/room.ts'
import { canonicalPath } from '../../../src/plan/canonical-path.ts'
import { PathIndex } from '../../../src/plan/path-index.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { mount } from '../../../src/testing/index.ts'

for (const [config, takes, leaves] of [
  ['/a/b', ['/a/b', '/a/b/'], ['/a', '/a/bc', '/a/b/c', '/A/b', '/']],
  ['/', ['/'], ['/a']],
  ['/a/', ['/a/'], ['/a', '/a/b']],
  ['/a/{id}', ['/a/1', '/a/1/', '/a/%20'], ['/a', '/a/', '/a/1/2', '/b/1']],
  ['/a/{id}/', ['/a/1/'], ['/a/1', '/a/']],
  ['/{id:[0-9]+}', ['/12', '/12/'], ['/a', '/12a', '/']],
  ['/{x:a{1,2}}', ['/a', '/aa'], ['/aaa']],
  ['/{x:\\{\\}}', ['/%7B%7D'], ['/a']],
  ['/{x:é b}', ['/%C3%A9%20b'], ['/e%20b']],
  ['/*/b', ['/a/b', '/a/b/'], ['/b', '/a/a/b', '/a']],
  ['/a/*', ['/a/b', '/a/b/', '/a/'], ['/a', '/a/b/c']],
  ['/*', ['/', '/a', '/a/'], ['/a/b']],
  ['/a/*/', ['/a/b/'], ['/a/', '/a/b']],
  ['/a*.html', ['/a.html', '/ab.html', '/a.b.html/'], ['/a.htmlx', '/ba.html', '/a/b.html', '/aXhtml']],
  ['/f?o', ['/foo', '/f%20o', '/f%C3%A9o', '/f%F0%9F%98%80o'], ['/fo', '/fooo', '/f/o', '/f%20%20o']],
  ['/?', ['/a'], ['/', '/aa']],
  ['/{a}-{b}', ['/x-y', '/-', '/x-'], ['/x', '/x/-']],
  ['/a/**', ['/a', '/a/', '/a/b', '/a/b/c/'], ['/ab', '/', '/b/a']],
  ['/**', ['/', '/a', '/a/b/'], []],
  ['/a/{*rest}', ['/a', '/a/', '/a/b/c'], ['/ab']],
  ['/**/b', ['/b', '/a/b', '/a/a/b/', '/b/b'], ['/', '/a', '/b/a', '/ab']],
  ['/a/**/b', ['/a/b', '/a/x/b', '/a/b/b', '/a/x/y/b/'], ['/a', '/b', '/a/bc', '/a/b/c']],
  ['/**/a/**/b/**', ['/a/b', '/x/a/x/b/x/', '/b/a/b/'], ['/b/a', '/a', '/b']],
  ['/x/**/**', ['/x', '/x/', '/x/y'], ['/y']],
  ['/a/{b}/**', ['/a/b', '/a/b/', '/a/b/c'], ['/a', '/a/']],
  ['/caf\u00e9', ['/caf%C3%A9'], ['/cafe']],
  ['/caf%c3%a9', ['/caf%C3%A9'], ['/cafe']],
  ['/a b', ['/a%20b'], ['/a+b']],
  ['/%61%2d%2a', ['/a-%2A'], ['/a-*']],
  ['/"<[^`|]>', ['/%22%3C%5B%5E%60%7C%5D%3E'], []],
  ['/a%2fb', ['/a%2Fb'], ['/a/b']],
  [['/a', '/b'], ['/a', '/b/'], ['/c']],
  [{ patterns: '/a', trailingSlash: false }, ['/a'], ['/a/']],
  [{ patterns: '/a/{b}', trailingSlash: false }, ['/a/b'], ['/a/b/']],
  [{ patterns: '/a/*', trailingSlash: false }, ['/a/b', '/a/'], ['/a/b/', '/a']],
  [{ patterns: '/a/{b}/', trailingSlash: false }, ['/a/b/'], ['/a/b']],
  [{ patterns: ['/{x}/**', '/**/b'], trailingSlash: false }, ['/a/', '/b', '/a/b/'], ['/']],
  [{ exact: ['/a', '/b/'] }, ['/a', '/b/'], ['/a/', '/b', '/a/b']],
  [{ exact: '/*' }, ['/*'], ['/a']],
  [{ exact: '/' }, ['/'], ['/a']],
  [{ prefix: '/api' }, ['/api', '/api/', '/api/x/y'], ['/apix', '/ap', '/x/api']],
  [{ prefix: '/api/' }, ['/api', '/api/', '/api/x'], ['/apix']],
  [{ prefix: '/' }, ['/', '/a'], []],
  [{ patterns: '/a/{id}', exact: '/b', prefix: '/c' }, ['/a/1', '/b', '/c/d'], ['/b/', '/d']],
  [{ patterns: '/A\u00e9/{id:[a-z]}', caseSensitive: false }, ['/a%C3%A9/x', '/A%C3%89/X', '/a%C3%89/x/'], ['/ab/x', '/a%C3%A9/xy']],
  [{ patterns: '/a*Z', caseSensitive: false }, ['/Az', '/a-z'], ['/az1']],
  [{ exact: '/Ab', caseSensitive: false }, ['/aB'], ['/aB/']],
  [{ prefix: '/Api', caseSensitive: false }, ['/api', '/API/x'], ['/apix']]
] as [unknown, string[], string[]][]) {
  t.test(`${JSON.stringify(config)} takes what fits and is looked up by it`, async t => {
    const { match, index } = mount(path, config)
    for (const target of takes) {
      t.equal(await match({ target }), true, `takes ${target}`)
      t.ok(lookedUp(index, target), `looks up ${target}`)
    }
    for (const target of leaves) t.equal(await match({ target }), false, `leaves ${target}`)
  })
}

function lookedUp (index: IndexHint, target: string): boolean {
  const trie = new PathIndex()
  for (const hint of index.paths!) trie.add({ rank: 0, plan: {} as Plan, methods: null }, hint)
  const lists: object[][] = []
  trie.collect(target, 1, lists as Parameters<PathIndex['collect']>[2])
  return lists.length > 0
}

for (const [config, target, captured] of [
  ['/a', '/a', {}],
  ['/{a}/{b}', '/x/y', { a: 'x', b: 'y' }],
  ['/{a-b}', '/x', { 'a-b': 'x' }],
  ['/{id}', '/a%20b%2Fc', { id: 'a%20b%2Fc' }],
  ['/{id:.+}', '/%C3%A9', { id: '%C3%A9' }],
  ['/{name}.{ext}', '/a.b.html', { name: 'a.b', ext: 'html' }],
  ['/{name}-x?*-{n:\\d+}', '/%C3%A9%20-x%F0%9F%98%80%E2%82%AC-12', { name: '%C3%A9%20', n: '12' }],
  ['/{a}*', '/xy', { a: 'xy' }],
  ['/{a:[a-z]}{b:[0-9]}', '/x1', { a: 'x', b: '1' }],
  ['/a/{*rest}', '/a', { rest: '' }],
  ['/a/{*rest}', '/a/', { rest: '/' }],
  ['/a/{*rest}', '/a/b%20/c/', { rest: '/b%20/c/' }],
  ['/{*rest}', '/', { rest: '/' }],
  ['/{a}/{*rest}', '/x/y/z/', { a: 'x', rest: '/y/z/' }],
  ['/{*head}/b', '/a/b/b/', { head: '/a/b' }],
  ['/{*head}/b', '/b', { head: '' }],
  ['/{*head}/m/{id}/{*tail}', '/a/m/b/m/c', { head: '/a', id: 'b', tail: '/m/c' }],
  ['/**/{a}/x/**/{b}', '/1/2/x/3/4', { a: '2', b: '4' }],
  [['/a/{x}', '/{y}/b'], '/a/b', { x: 'b' }],
  [['/a/{x}', '/{y}/b'], '/c/b', { y: 'c' }],
  [{ patterns: '/{x}', exact: '/a' }, '/a', { x: 'a' }],
  ['/{constructor}', '/a', { constructor: 'a' }]
] as [unknown, string, Record<string, string>][]) {
  t.test(`${JSON.stringify(config)} captures from ${target}`, async t => {
    t.strictSame(await mount(path, config).captured({ target }), captured)
  })
}

/** A piece of a segment of a pattern; `text` is one character of a path. */
type Piece = { is: 'text' | 'one' | 'many' | 'variable' | 'constrained' | 'rest' | 'namedRest', text: string }
type Element = readonly Piece[]
type Captured = Record<string, string> | null
interface Options { slash: boolean, trailingSlash: boolean, caseSensitive: boolean }

const character = fc.constantFrom('a', 'b', 'A', '.', '%20', '%C3%A9', '%F0%9F%98%80')
const text = character.map((text): Piece => ({ is: 'text', text }))
const wild = fc.constantFrom('one', 'many', 'variable', 'constrained').map((is): Piece => ({ is, text: '' }))
const element: fc.Arbitrary<Element> = fc.oneof(
  { arbitrary: fc.array(fc.oneof(text, wild), { minLength: 1, maxLength: 3 }).filter(isSegment), weight: 4 },
  { arbitrary: fc.constantFrom('rest', 'namedRest').map((is): Element => [{ is, text: '' }]), weight: 1 }
)
const segment = fc.array(character, { minLength: 1, maxLength: 3 }).filter(characters => !/^\.\.?$/.test(characters.join('')))

function isSegment (pieces: Element): boolean {
  return !pieces.every(piece => piece.text === '.') && !pieces.some(({ is }, i) => is === 'many' && pieces[i + 1]?.is === 'many')
}

const isRest = (element: Element | undefined) => element?.[0]!.is === 'rest' || element?.[0]!.is === 'namedRest'

/** The pattern as it is written; variables are called v<segment>x<piece>. */
function written (elements: readonly Element[], slash: boolean): string {
  return elements.map((pieces, e) => `/${pieces.map(({ is, text }, p) => ({
    text, one: '?', many: '*', variable: `{v${e}x${p}}`, constrained: `{v${e}x${p}:[ab.é]+}`, rest: '**', namedRest: `{*v${e}x${p}}`
  })[is]).join('')}`).join('') + (slash ? '/' : '')
}

/** A path that the pattern is likely to take. */
function likely (elements: readonly Element[], choices: readonly number[]): string[][] {
  return elements.flatMap((pieces, e) => {
    const choice = choices[e % choices.length]!
    if (isRest(pieces)) return [['a'], ['b', '%20']].slice(choice)
    const characters = pieces.flatMap(({ is, text }) => is === 'text' ? [text] : is === 'constrained' ? ['%C3%A9', 'a'].slice(choice % 2) : ['%20', 'a'].slice(is === 'one' ? 1 : choice))
    return [characters.length === 0 ? ['b'] : characters]
  })
}

/** The simplest matcher that could be right: every way is tried, the preferred one first. */
function reference (elements: readonly Element[], segments: readonly string[][], pathSlash: boolean, { slash, trailingSlash, caseSensitive }: Options): Captured {
  const last = elements.at(-1)
  const star = !slash && last?.length === 1 && last[0]!.is === 'many' ? last : null
  const inPath = (left: readonly (readonly string[])[], e = 0): Captured => {
    const pieces = elements[e]
    if (pieces === undefined) return left.length === 0 ? {} : null
    if (isRest(pieces)) {
      return firstOf([...left.keys(), left.length], n => {
        const taken = left.slice(0, n).map(part => `/${part.join('')}`).join('')
        return join(pieces[0]!.is === 'rest' ? {} : { [`v${e}x0`]: taken }, inPath(left.slice(n), e + 1))
      })
    }
    if (left.length === 0) return null
    if (left[0]!.length === 0) return pieces === star && left.length === 1 ? {} : null
    return join(inSegment(pieces, e, left[0]!, caseSensitive), inPath(left.slice(1), e + 1))
  }
  if (pathSlash === slash) return inPath(segments)
  if (!pathSlash) return null
  return (trailingSlash && !isRest(last) ? inPath(segments) : null) ?? inPath([...segments, []])
}

function inSegment (pieces: Element, e: number, characters: readonly string[], caseSensitive: boolean, p = 0): Captured {
  const piece = pieces[p]
  if (piece === undefined) return characters.length === 0 ? {} : null
  const lengths = piece.text !== '' || piece.is === 'one' ? [1] : characters.map((_, i) => characters.length - i).concat(0)
  return firstOf(lengths.filter(length => length <= characters.length), length => {
    const taken = characters.slice(0, length).join('')
    if (!allows(piece, taken, caseSensitive)) return null
    return join(piece.is === 'variable' || piece.is === 'constrained' ? { [`v${e}x${p}`]: taken } : {}, inSegment(pieces, e, characters.slice(length), caseSensitive, p + 1))
  })
}

function allows ({ is, text }: Piece, taken: string, caseSensitive: boolean): boolean {
  const plain = decodeURIComponent(taken)
  if (is === 'constrained') return (caseSensitive ? /^[ab.é]+$/ : /^[ab.é]+$/i).test(plain)
  return is !== 'text' || taken === text || (!caseSensitive && plain.toLowerCase() === decodeURIComponent(text).toLowerCase())
}

const join = (here: Captured, after: Captured): Captured => here && after && { ...here, ...after }

function firstOf (lengths: readonly number[], attempt: (length: number) => Captured): Captured {
  for (const length of lengths) {
    const found = attempt(length)
    if (found) return found
  }
  return null
}

const targetOf = (segments: readonly (readonly string[])[], slash: boolean): string => `${segments.map(part => `/${part.join('')}`).join('')}${slash ? '/' : ''}`

t.test('agrees with a matcher that tries everything, and is looked up by whatever it takes', async t => {
  const seen = { taken: 0, left: 0 }
  const cases = fc.record({
    elements: fc.array(element, { minLength: 1, maxLength: 5 }),
    choices: fc.array(fc.nat(2), { minLength: 1, maxLength: 5 }),
    unrelated: fc.option(fc.array(segment, { minLength: 1, maxLength: 5 }), { freq: 2 }),
    pathSlash: fc.boolean(),
    options: fc.record({ slash: fc.boolean(), trailingSlash: fc.boolean(), caseSensitive: fc.boolean() })
  })
  await t.resolves(fc.assert(fc.asyncProperty(cases, async ({ elements, choices, unrelated, pathSlash, options: chosen }) => {
    const options = { ...chosen, slash: chosen.slash && !isRest(elements.at(-1)) }
    const segments = unrelated ?? likely(elements, choices)
    const slash = pathSlash || segments.length === 0
    const target = targetOf(segments, slash)
    const { captured, match, index, complete } = mount(path, { patterns: written(elements, options.slash), trailingSlash: options.trailingSlash, caseSensitive: options.caseSensitive })
    const expected = reference(elements, segments, slash, options)
    seen[expected ? 'taken' : 'left']++
    if (!expected) return !await match({ target }) && !(complete && lookedUp(index, target))
    return await match({ target }) && lookedUp(index, target) && isDeepStrictEqual(await captured({ target }), expected)
  }), { numRuns: 4000, seed: 7 }))
  t.ok(Math.min(seen.taken, seen.left) > 1000, 'the property saw both outcomes')
})

t.test('takes what the guard makes of the text it is given', async t => {
  const characters = fc.constantFrom('a', 'A', '-', '~', '!', '*', ':', '"', '<', '^', '|', '%7E', '%7e', '%c3%A9', '%2f', '%3B', ';', '%25', '%21', '.')
  await t.resolves(fc.assert(fc.asyncProperty(fc.array(fc.array(characters, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }), async segments => {
    const raw = segments.map(part => `/${part.join('')}`).join('')
    const canonical = canonicalPath(raw)
    if (canonical === null || segments.some(part => /^\.\.?$/.test(part.join('')))) return true
    return await mount(path, { exact: raw }).match({ target: canonical.path }) && await mount(path, { prefix: raw }).match({ target: `${canonical.path}/x` })
  }), { numRuns: 500, seed: 7 }))
})

t.test('compiles any text or says what is wrong with it', async t => {
  const source = fc.string({ unit: fc.constantFrom('/', 'a', '{', '}', '*', '?', ':', '%', '2', 'e', '.', '\\', '(', ';', '\u00e9', '\ud800', '\u0000', '#') }).map(text => `/${text}`)
  await t.resolves(fc.assert(fc.asyncProperty(source, fc.constantFrom('patterns', 'exact', 'prefix'), fc.webPath(), async (source, key, target) => {
    try {
      await mount(path, { [key]: source }).match({ target: canonicalPath(target)?.path ?? '/' })
      return true
    } catch (error) {
      return error instanceof ConfigErrors && error.errors.every(({ code, pointer }) => code === 'GW_CONFIG_INVALID' && pointer.startsWith(`/path/${key}`))
    }
  }), { numRuns: 2000, seed: 7 }))
})

t.test('answers for the longest of paths without trying every way', async t => {
  const { match } = mount(path, '/**/a/**/a/**/a/**/a/**/a/**/a/**/b/**/c')
  t.equal(await match({ target: '/a'.repeat(4096) }), false)
  t.equal(await mount(path, '/{x:(a+)+}b').match({ target: `/${'a'.repeat(8192)}` }), false)
})

t.test('tells the table the segments it can be looked up by', async t => {
  const hints = (config: unknown) => mount(path, config).index.paths
  t.strictSame(hints('/a/b'), [{ segments: ['a', 'b'], exact: true }])
  t.strictSame(hints('/a b/{id}/c*'), [{ segments: ['a%20b', '*', '*'], exact: true }])
  t.strictSame(hints('/a/*'), [{ segments: ['a', '*'], exact: true }, { segments: ['a'], exact: true }])
  t.strictSame(hints('/a/**/b'), [{ segments: ['a'], exact: false }])
  t.strictSame(hints({ patterns: '/a', exact: '/b/', prefix: '/c/d' }), [{ segments: ['a'], exact: true }, { segments: ['b'], exact: true }, { segments: ['c', 'd'], exact: false }])
  t.strictSame(hints({ patterns: '/a/b', caseSensitive: false }), [{ segments: ['*', '*'], exact: true }])
})

t.test('tells where the segments it is looked up by are all it takes', async t => {
  for (const config of ['/', '/a', '/a/{id}', '/a/**', '/**', '/{x}/b/{*rest}', '/*/a', ['/a', '/b/**'], { prefix: '/a' }, { exact: '/' }]) t.equal(mount(path, config).complete, true, JSON.stringify(config))
  for (const config of [
    '/a/', '/a/*', '/*', '/a*', '/a?', '/{id:[0-9]+}', '/a/**/b', '/**/a/**', ['/a', '/b/'], { exact: '/a' }, { exact: '/*' }, { prefix: '/*' },
    { patterns: '/a', trailingSlash: false }, { patterns: '/a', caseSensitive: false }, { patterns: '/a/**', caseSensitive: false }
  ]) t.equal(mount(path, config).complete, false, JSON.stringify(config))
})

for (const config of [
  'a', '', '//', '/b//c', '/{x}/{x}', '/{x}/{*x}', '/a/./b', '/..', '/%2e%2E/a', '/..;x', '/a%2f..', '/a#b', '/a\\b', '/a%5Cb', '/a%0ab',
  '/a%252e', '/a%ff', '/a%', '/a%4*', '/\ud800', '/a**', '/**a', '/***', '/a/**/', '/a{*rest}', '/{*rest:[a-z]}', '/{x', '/x}', '/{}',
  '/{1x}', '/{x:}', '/{x:(}', '/{x:(}a{y:)}', '/{x:(?=a)}'
]) {
  t.test(`refuses ${JSON.stringify(config)}`, async t => {
    t.throws(() => mount(path, config), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/path' }] })
    t.throws(() => mount(path, ['/a', config]), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: '/path/1' }] })
  })
}

for (const [config, pointer] of [
  [{ patterns: ['/a', '/**x'] }, '/patterns/1'],
  [{ exact: ['/a', '/a?b'] }, '/exact/1'],
  [{ exact: '/{id}' }, '/exact'],
  [{ prefix: ['/a', '/a//b'] }, '/prefix/1'],
  [{ prefix: 'a' }, '/prefix'],
  [{ exact: [] }, '/exact'],
  [{}, ''],
  [null, '']
] as const) {
  t.test(`refuses ${JSON.stringify(config)}`, async t => {
    t.throws(() => mount(path, config), { errors: [{ code: 'GW_CONFIG_INVALID', pointer: `/path${pointer}` }] })
  })
}

t.test('refuses an option without effect and an unknown one', async t => {
  t.throws(() => mount(path, { exact: '/a', trailingSlash: true }), { errors: [{ code: 'GW_CONFIG_NO_EFFECT', pointer: '/path/trailingSlash' }] })
  t.throws(() => mount(path, { pattern: '/a' }), { errors: [{ code: 'GW_CONFIG_UNKNOWN_KEY', pointer: '/path/pattern' }] })
})
