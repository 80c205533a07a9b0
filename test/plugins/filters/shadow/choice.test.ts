import t from 'tap'
import { chooser, type Choice } from '../../../../plugins/filters/shadow/choice/chooser.ts'
import { hashPoint } from '../../../../plugins/filters/shadow/choice/hash-point.ts'
import { SAMPLE, SHARE, type SampleConfig, type ShareConfig } from '../../../../plugins/filters/shadow/choice/sample-schema.ts'
import { Config, List, principal, validate, type Exchange, type Random } from '../../../../src/contract/index.ts'
import { exchange, fakeRandom, fakeServices, type TestRequest } from '../../../../src/testing/index.ts'

const REQUESTS = 10_000
const PERCENTAGES = [1, 5, 10, 25, 50, 75, 99, 100]
const ONE: readonly ShareConfig[] = [{}]
const BY_USER: SampleConfig = { sample: 1, by: { header: 'X-User' } }

/** The same draws in every run (Numerical Recipes' linear congruential generator). */
function drawn (): Random {
  let state = 1
  return { next: () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 }
}

const compiled = (config: SampleConfig, entries: readonly ShareConfig[] = ONE, random: Random = drawn()) => chooser(config, entries, fakeServices({ random }), '')
const asked = (config: SampleConfig, entries: readonly ShareConfig[], request: TestRequest = {}): Choice => compiled(config, entries, fakeRandom(0.5))(exchange(request))

/** One request after the other, each of another user; the same object, since making one takes longer than choosing. */
function * users (count = REQUESTS): Generator<Exchange> {
  const x = exchange()
  for (let i = 0; i < count; i++) {
    x.headers.put('x-user', `user-${i}`)
    yield x
  }
}

/** Which of the users get through to the first entry. */
const mirrored = (config: SampleConfig, entries = ONE, part?: number): Set<string> => {
  const choose = compiled(config, entries)
  return new Set(through(choose, part))
}

function * through (choose: ReturnType<typeof compiled>, part?: number): Generator<string> {
  for (const x of users()) if (choose(x, part)[0] === null) yield x.headers.first('x-user')!
}

/** How many standard deviations of the binomial distribution a count is away from what was to be expected. */
function sigmas (count: number, share: number, of = REQUESTS): number {
  const deviation = Math.sqrt(of * share * (1 - share))
  return deviation === 0 ? (count === of * share ? 0 : Infinity) : Math.abs(count - of * share) / deviation
}

const isSubset = (small: ReadonlySet<string>, large: ReadonlySet<string>): boolean => [...small].every(one => large.has(one))

/** Pearson's statistic of points in equal cells, and what it may be: three deviations above its mean. */
function isUniform (points: Float64Array, cells: number): boolean {
  const counts = new Float64Array(cells)
  for (const point of points) counts[Math.floor(point * cells)]!++
  const expected = points.length / cells
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  return statistic < cells - 1 + 3 * Math.sqrt(2 * (cells - 1))
}

if (process.argv.includes('--table')) printTable()

function printTable (): void {
  let before: ReadonlySet<string> = new Set()
  console.log(`# ${REQUESTS} requests: mirrored by key (of which in the smaller sample), and by chance`)
  console.log('# percent  expected    by key  sigma   kept      chance  sigma')
  for (const percent of PERCENTAGES) {
    const share = percent / 100
    const byKey = mirrored({ ...BY_USER, sample: share })
    const byChance = mirrored({ sample: share })
    const kept = [...before].filter(one => byKey.has(one)).length
    const cells = [`${percent} %`, REQUESTS * share, byKey.size, sigmas(byKey.size, share).toFixed(2), `${kept}/${before.size}`, byChance.size, sigmas(byChance.size, share).toFixed(2)]
    console.log('#' + cells.map((cell, i) => String(cell).padStart([8, 10, 10, 7, 11, 9, 7][i]!)).join(''))
    before = byKey
  }
}

t.test('mirrors the part that was asked for, by key and by chance', async t => {
  for (const percent of PERCENTAGES) {
    const share = percent / 100
    t.ok(sigmas(mirrored({ ...BY_USER, sample: share }).size, share) < 3, `${percent} % by key`)
    t.ok(sigmas(mirrored({ ...BY_USER, sample: share, salt: 'another' }).size, share) < 3, `${percent} % by key, with a salt`)
    t.ok(sigmas(mirrored({ sample: share }).size, share) < 3, `${percent} % by chance`)
  }
  t.equal(mirrored({ sample: 0 }).size, 0, '0% switches it off')
  t.same(asked({ sample: 0 }, [{}, {}]), ['sample', 'sample'], 'says why')
})

t.test('a smaller sample lies within a larger one, whoever says how large it is', async t => {
  const samples = PERCENTAGES.map(percent => mirrored({ ...BY_USER, sample: percent / 100 }))
  for (const [i, sample] of samples.entries()) t.ok(i === 0 || isSubset(samples[i - 1]!, sample), `${PERCENTAGES[i]} %`)
  for (const [i, sample] of samples.entries()) t.same(mirrored(BY_USER, ONE, PERCENTAGES[i]! / 100), sample, `a ramp at ${PERCENTAGES[i]} %`)
  const salted = mirrored({ ...BY_USER, sample: 0.1, salt: 'another' })
  const both = [...salted].filter(one => samples[2]!.has(one)).length
  t.ok(sigmas(both, 0.1, salted.size) < 3, 'another salt has nothing to do with it')
})

t.test('the same requests in every process and on every version', async t => {
  const point = hashPoint('sample\n')
  t.same(['user-1', 'user-2', '', 'Zoë', '0192f3a4-7c1e-7bd2-9a51-0c4be1a2d3f4'].map(key => point(key).toFixed(12)),
    ['0.663222070186', '0.839461003664', '0.812005227388', '0.257651209323', '0.905787535590'])
})

t.test('a ramp takes the place of the sample', async t => {
  const choose = compiled({ sample: 1, by: { header: 'x-user' } }, [{}, {}])
  const x = exchange({ headers: { 'x-user': 'user-1' } })
  t.same(choose(x), [null, null])
  t.same(choose(x, 0), ['stage', 'stage'])
  t.same(choose(x, 1), [null, null])
})

t.test('each shadow may have a ramp of its own', async t => {
  for (const config of [BY_USER, { sample: 1 }]) {
    const choose = compiled(config, [{}, {}, {}])
    const kinds = new Map<string, number>()
    for (const x of users()) {
      const kind = choose(x, [0.05, 0.25, 1]).map(reason => reason ?? 'yes').join(' ')
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    t.same([...kinds.keys()].sort(), ['stage stage yes', 'stage yes yes', 'yes yes yes'], 'who is in the smaller part is in the larger')
    t.ok(sigmas(kinds.get('yes yes yes')!, 0.05) < 3)
    t.ok(sigmas(kinds.get('stage yes yes')!, 0.2) < 3)
  }
  const choose = compiled({ ...BY_USER, emptyKey: 'skip' }, [{ share: 1 }, {}])
  t.same(choose(exchange(), [1, 1]), ['no-key', 'no-key'])
  t.same(choose(exchange({ headers: { 'x-user': 'a' } }), [0, 0]), ['stage', 'stage'])
  t.same(choose(exchange({ headers: { 'x-user': 'a' } }), [0, 1]), ['stage', null])
})

t.test('shares are disjoint and as large as they say', async t => {
  const entries = [{ share: 0.1 }, { share: 0.25 }, {}, { share: 0.5 }]
  for (const config of [BY_USER, { sample: 1 }]) {
    const choose = compiled(config, entries)
    const counts = [0, 0, 0, 0]
    for (const x of users()) {
      const choice = choose(x)
      for (const i of counts.keys()) if (choice[i] === null) counts[i]!++
      if (choice.filter((reason, i) => i !== 2 && reason === null).length > 1) t.fail('no two have one request')
      if (choice.some(reason => reason !== null && reason !== 'share')) t.fail('says why')
    }
    for (const [i, share] of [0.1, 0.25, 1, 0.5].entries()) t.ok(sigmas(counts[i]!, share) < 3, `${share}: ${counts[i]}`)
  }
})

t.test('shares are those of a sample as well as of the whole', async t => {
  const entries = [{ share: 0.3 }, { share: 0.7 }]
  const choose = compiled({ ...BY_USER, sample: 0.1 }, entries)
  let sampled = 0
  let first = 0
  for (const x of users()) {
    const choice = choose(x)
    if (choice[0] === 'sample') continue
    sampled++
    if (choice[0] === null) first++
    if (choice.filter(reason => reason === null).length !== 1) t.fail('100 % leave nobody out')
  }
  t.ok(sigmas(sampled, 0.1) < 3)
  t.ok(sigmas(first, 0.3, sampled) < 3, `${first} of ${sampled}`)
})

t.test('parts of a percent add up to the whole', async t => {
  t.doesNotThrow(() => compiled({ sample: 1 }, [0.12659146329, 0.27161382831, 0.6017947084].map(share => ({ share }))))
  t.doesNotThrow(() => compiled({ sample: 1 }, new Array<ShareConfig>(10).fill({ share: 0.1 })))
  t.throws(() => compiled({ sample: 1 }, [{ share: 0.6 }, {}, { share: 0.40000000001 }]), { code: 'GW_CONFIG_INVALID', pointer: '/to/2/share' })
  const choose = compiled({ sample: 1 }, new Array<ShareConfig>(10).fill({ share: 0.1 }), fakeRandom(1 - 2 ** -53))
  t.equal(choose(exchange()).findIndex(reason => reason === null), 9, 'the last point is somebody\'s')
})

t.test('a part does not hold its own end', async t => {
  t.same(compiled({ sample: 0.5 }, ONE, fakeRandom(0.5))(exchange()), ['sample'])
  t.same(compiled({ sample: 0 }, ONE, fakeRandom(0))(exchange()), ['sample'])
  t.same(compiled({ sample: 1 }, [{ share: 0.5 }, { share: 0.5 }], fakeRandom(0.5))(exchange()), ['share', null])
})

t.test('a segment goes by header, claim, subject, client or any other key', async t => {
  const caller = principal({ subject: 'ada', client: 'app', source: 'jwt', level: 2, issuer: 'https://issuer.test', claims: { plan: 'pro', groups: ['beta', 7], tier: 3, realm: { x: 'y' } } })
  const country = { by: { header: 'CF-IPCountry' }, in: ['DE', 'AT'] }
  const [yes, no] = [[null], ['segment']]
  for (const [segment, request, expected] of [
    [country, { headers: { 'cf-ipcountry': 'AT' } }, yes],
    [country, { headers: { 'cf-ipcountry': 'CH' } }, no],
    [country, { headers: { 'cf-ipcountry': 'at' } }, no],
    [country, { headers: { 'cf-ipcountry': 'CH , DE' } }, yes],
    [country, { headers: { 'cf-ipcountry': ['CH', 'DE'] } }, yes],
    [country, {}, no],
    [{ by: { header: 'x-a' }, in: ['a, b'] }, { headers: { 'x-a': 'a, b' } }, yes],
    [{ by: { claim: 'plan' }, in: ['pro'] }, { principal: caller }, yes],
    [{ by: { claim: 'plan' }, in: ['free'] }, { principal: caller }, no],
    [{ by: { claim: 'groups' }, in: ['beta'] }, { principal: caller }, yes],
    [{ by: { claim: 'groups' }, in: ['7'] }, { principal: caller }, yes],
    [{ by: { claim: 'tier' }, in: ['3'] }, { principal: caller }, yes],
    [{ by: { claim: 'realm.x' }, in: ['y'] }, { principal: caller }, yes],
    [{ by: { claim: 'plan' }, in: ['pro'] }, {}, no],
    [{ by: 'principal', in: ['ada'] }, { principal: caller }, yes],
    [{ by: 'principal', in: ['ada'] }, {}, no],
    [{ by: 'client', in: ['app'] }, { principal: caller }, yes],
    [{ by: 'host', in: ['gateway.test'] }, {}, yes],
    [{ by: { query: 'v' }, in: ['2'] }, { target: '/?v=2' }, yes],
    [{ by: { expression: 'request.method' }, in: ['GET'] }, {}, yes]
  ] as const) t.same(asked({ sample: 1 }, [{ segment }], request), expected, JSON.stringify({ segment, request: request === undefined ? null : Object.keys(request) }))
})

t.test('segments and shares go together, and each entry is by itself', async t => {
  const segment = { by: { header: 'x-country' }, in: ['DE'] }
  const entries = [{ segment }, { segment, share: 0.4 }, { share: 0.6 }, {}]
  t.same(asked({ sample: 1 }, entries, { headers: { 'x-country': 'DE' } }), [null, 'share', null, null])
  t.same(compiled({ sample: 1 }, entries, fakeRandom(0.3))(exchange()), ['segment', 'segment', 'share', null])
  t.same(compiled({ sample: 0.2 }, entries, fakeRandom(0.3))(exchange()), ['sample', 'sample', 'sample', 'sample'])
})

t.test('requests without a key go by chance, or are skipped', async t => {
  const entries = [{ share: 0.5 }, { share: 0.5 }]
  t.same(compiled({ ...BY_USER, sample: 0.5 }, entries, fakeRandom(0.4, 0.6))(exchange()), ['share', null])
  t.same(compiled({ ...BY_USER, sample: 0.5 }, entries, fakeRandom(0.6, 0.6))(exchange()), ['sample', 'sample'])
  t.same(asked({ ...BY_USER, emptyKey: 'skip' }, [{}, {}]), ['no-key', 'no-key'], 'of a whole sample, too')
  t.same(asked({ ...BY_USER, emptyKey: 'skip' }, [{}], { headers: { 'x-user': 'a' } }), [null])
})

t.test('chooses by the id of the request', async t => {
  const choose = compiled({ sample: 0.5, by: 'request-id' }, ONE, fakeRandom())
  t.equal(choose(exchange())[0] === null, hashPoint('sample\n')('test-request') < 0.5)
})

t.test('an expression that fails chooses nobody', async t => {
  const expression = 'params.none'
  t.same(asked({ sample: 0.5, by: { expression } }, [{}, {}]), ['expression', 'expression'])
  t.same(asked({ sample: 1 }, [{ segment: { by: { expression }, in: ['a'] } }, {}]), ['expression', null])
})

t.test('a fault in the gateway itself is not hidden', async t => {
  const broken = { random: fakeRandom(), expressions: { ...fakeServices().expressions, text: () => ({ usesReply: false, usesBody: false, evaluate: () => { throw new TypeError('a bug') } }) } }
  const by = { expression: '1' }
  t.throws(() => chooser({ sample: 0.5, by }, ONE, broken, '')(exchange()), TypeError)
  t.throws(() => chooser({ sample: 1 }, [{ segment: { by, in: ['a'] } }], broken, '')(exchange()), TypeError)
})

t.test('what would have no effect is an error', async t => {
  const wrong = (config: SampleConfig, entries: readonly ShareConfig[], code: string, pointer: string) => t.throws(() => chooser(config, entries, fakeServices(), '/at'), { code, pointer })
  wrong({ sample: 0.1, salt: 'a' }, ONE, 'GW_CONFIG_NO_EFFECT', '/at/salt')
  wrong({ sample: 0.1, emptyKey: 'skip' }, ONE, 'GW_CONFIG_NO_EFFECT', '/at/emptyKey')
  wrong({ sample: 0.1, by: 'address', emptyKey: 'chance' }, ONE, 'GW_CONFIG_NO_EFFECT', '/at/emptyKey')
  wrong({ sample: 0.1, by: 'request-id', emptyKey: 'skip' }, ONE, 'GW_CONFIG_NO_EFFECT', '/at/emptyKey')
  wrong({ sample: 0.1, by: { expression: 'nonsense(' } }, ONE, 'GW_CONFIG_EXPRESSION', '/at/by/expression')
  wrong({ sample: 1 }, [{}, { segment: { by: { expression: 'nonsense(' }, in: ['a'] } }], 'GW_CONFIG_EXPRESSION', '/at/to/1/segment/by/expression')
})

t.test('reads what a route file says', async t => {
  const schema = Config({ ...SAMPLE, to: List(Config(SHARE)) })
  const read = (written: unknown) => validate(schema, written)
  t.same(read({ to: [{}] }), { value: { sample: 1, to: [{}] }, faults: [] })
  t.same(read({ sample: '0.5%', by: 'request-id', salt: 'a', to: [{ share: '33.3%', segment: { by: { claim: 'plan' }, in: 'pro' } }] }).value,
    { sample: 0.005, by: 'request-id', salt: 'a', to: [{ share: 0.333, segment: { by: { claim: 'plan' }, in: ['pro'] } }] })
  t.match(read({ by: 'somebody', emptyKey: 'refuse', to: [{ share: '101%', segment: { by: 'request-id', in: [] } }] }).faults.map(({ pointer }) => pointer).sort(),
    ['/by', '/emptyKey', '/to/0/segment/by', '/to/0/segment/in', '/to/0/share'])
})

t.test('points are uniform, whatever keys look like', async t => {
  const random = drawn()
  const hex = (digits: number) => Math.floor(random.next() * 16 ** digits).toString(16).padStart(digits, '0')
  const kinds: Readonly<Record<string, [number, (i: number) => string]>> = {
    'numbers in a row': [100_000, i => String(i)],
    uuids: [100_000, () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(8)}${hex(4)}`],
    emails: [100_000, i => `user.${i}@example.com`],
    'padded numbers': [20_000, i => `customer-${String(i).padStart(9, '0')}`],
    subjects: [20_000, i => `https://idp.example.com\nauth0|${i.toString(36)}`],
    addresses: [20_000, i => `10.1.${i >> 8}.${i & 255}`],
    wide: [20_000, i => `名前${i}`]
  }
  const [sample, share] = [hashPoint('sample\n'), hashPoint('share\n')]
  for (const [name, [count, keyOf]] of Object.entries(kinds)) {
    const [points, digits, places] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)]
    for (let i = 0; i < count; i++) {
      const key = keyOf(i)
      const point = sample(key)
      points[i] = point
      digits[i] = point * 2 ** 40 % 1
      places[i] = (Math.floor(point * 20) + share(key)) / 20
    }
    t.ok(isUniform(points, 1000), `${name}: in 1000 cells`)
    t.ok(isUniform(digits, 100), `${name}: in their last bits`)
    t.ok(isUniform(places, 400), `${name}: for each place in the sample all places in the shares`)
    t.ok(points.sort().every((point, i) => i === 0 || point > points[i - 1]!), `${name}: no two at one point`)
  }
})
