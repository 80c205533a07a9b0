import fc from 'fast-check'
import hostRoom from '../../../plugins/predicates/host/index.ts'
import methodRoom from '../../../plugins/predicates/method/index.ts'
import pathRoom from '../../../plugins/predicates/path/index.ts'
import weightRoom from '../../../plugins/predicates/weight/index.ts'
import { capture, Config, defineFilter, definePredicate, Type, type Exchange, type IndexHint } from '../../../src/contract/index.ts'
import type { TestRequest } from '../../../src/testing/index.ts'
import { surroundings, type Written, type WrittenRoute } from './compiled.ts'

/** Holds where the client sent the header, and captures its value; after a while if told so. Throws where it is `throw`. */
const flag = definePredicate({
  name: 'flag',
  config: Config({ name: Type.String(), wait: Type.Boolean({ default: false }) }),
  create: ({ name, wait }) => {
    const holds = (x: Exchange) => {
      const value = x.headers.first(name)
      if (value === 'throw') throw new Error(name)
      if (value !== undefined) capture(x, { [name]: value })
      return value !== undefined
    }
    return { match: wait ? async x => { await null; return holds(x) } : holds }
  }
})

/** What a hint says, and nothing else. */
const hinted = definePredicate({
  name: 'hinted',
  config: Config({ index: Type.Unknown() }),
  create: ({ index }) => ({ index: index as IndexHint, match: x => fits(index as IndexHint, x), complete: true })
})

/** The meaning of hints, put as plainly as can be. */
function fits ({ hosts, methods, paths }: IndexHint, x: Exchange): boolean {
  const segments = x.path.split('/').filter(segment => segment !== '')
  return (hosts?.some(host => host.startsWith('*.') ? x.host.endsWith(host.slice(1)) && x.host !== host.slice(1) : x.host === host) ?? true) &&
    (methods?.includes(x.routingMethod) ?? true) &&
    (paths?.some(path => (path.exact ? segments.length === path.segments.length : segments.length >= path.segments.length) &&
      path.segments.every((segment, i) => segment === '*' || segment === segments[i])) ?? true)
}

const preflights = defineFilter({ name: 'preflights', config: Config({}), create: () => ({ answersPreflight: true, request: () => {} }) })

/** What random routes are compiled with. */
export const around = surroundings([flag, hinted, hostRoom, methodRoom, pathRoom, weightRoom, preflights])

const SEGMENTS = ['a', 'b', 'c']
const HOSTS = ['a.test', 'b.test', 'x.a.test', 'y.x.a.test', 'test']
const METHODS = ['GET', 'POST', 'OPTIONS']

const segments = fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 3 })
const hint: fc.Arbitrary<IndexHint> = fc.record({
  hosts: fc.uniqueArray(fc.constantFrom(...HOSTS, '*.test', '*.a.test', '*.x.a.test'), { maxLength: 3 }),
  methods: fc.uniqueArray(fc.constantFrom(...METHODS), { maxLength: 2 }),
  paths: fc.array(fc.record({ segments: fc.array(fc.constantFrom(...SEGMENTS, '*'), { maxLength: 3 }), exact: fc.boolean() }), { maxLength: 3 })
}, { requiredKeys: [] })
const pathPattern = fc.tuple(fc.array(fc.constantFrom(...SEGMENTS, '{v}', '*', '**', '{w:a|b}', 'a*'), { minLength: 1, maxLength: 3 }), fc.constantFrom('', '/'))
  .map(([parts, end]) => `/${parts.join('/')}${parts.at(-1) === '**' ? '' : end}`)
  .filter(pattern => ['{v}', '{w'].every(name => pattern.split(name).length < 3))
const predicate: fc.Arbitrary<Written> = fc.letrec<{ tree: Written, leaf: Written }>(tie => ({
  leaf: fc.oneof(
    hint.map(index => ({ hinted: { index } })),
    pathPattern.map(patterns => ({ path: patterns })),
    fc.uniqueArray(fc.constantFrom(...HOSTS, '**.a.test', '*.test', '{h}.a.test', '**'), { minLength: 1, maxLength: 2 }).map(patterns => ({ host: patterns })),
    fc.uniqueArray(fc.constantFrom(...METHODS), { minLength: 1 }).map(methods => ({ method: methods })),
    fc.record({ name: fc.constantFrom('f', 'g'), wait: fc.boolean() }).map(flag => ({ flag }))
  ),
  tree: fc.oneof({ depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map(any => ({ any })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map(all => ({ all })),
    tie('tree').map(not => ({ not }))
  )
})).tree
/** Routes whose hints overlap in every way, combined, ordered and weighted. */
export const route: fc.Arbitrary<WrittenRoute> = fc.record({
  order: fc.constantFrom(0, 0, 0, -1, 1),
  predicates: fc.tuple(fc.array(predicate, { maxLength: 2 }), fc.option(fc.record({ group: fc.constantFrom('g', 'h'), weight: fc.constantFrom(0, 1, 3) }), { nil: null, freq: 3 }))
    .map(([predicates, weight]) => weight ? [...predicates, { weight }] : predicates),
  filters: fc.constantFrom<string[][]>([], [], ['preflights']).map(filters => filters)
})
/** Requests that some of these routes take. */
export const request: fc.Arbitrary<TestRequest> = fc.record({
  method: fc.constantFrom(...METHODS),
  host: fc.constantFrom(...HOSTS, 'other'),
  target: fc.tuple(segments, fc.constantFrom('', '/')).map(([parts, end]) => parts.length === 0 ? '/' : `/${parts.join('/')}${end}`),
  headers: fc.record({ f: fc.constantFrom('1', '2', 'throw'), g: fc.constantFrom('1', 'throw'), origin: fc.constant('http://o.test'), 'access-control-request-method': fc.constantFrom(...METHODS) }, { requiredKeys: [] })
})
