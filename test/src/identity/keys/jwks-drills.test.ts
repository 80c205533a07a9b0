import t, { type Test } from 'tap'
import { MetricRegistry } from '../../../../src/adapters/metric-registry.ts'
import { undiciOutbound } from '../../../../src/adapters/undici-outbound.ts'
import type { Outbound } from '../../../../src/contract/outbound.ts'
import { Discovery } from '../../../../src/identity/discovery/discovery.ts'
import { JwksClient } from '../../../../src/identity/keys/jwks-client.ts'
import { KeysUnavailable } from '../../../../src/identity/keys/verification-key.ts'
import { fakeClock, fakeLog } from '../../../../src/testing/fakes.ts'
import { deadAddress, DrillPeer, type Mood } from './jwks-drill-peer.ts'
import { ecKey, issuerConfig } from './jwk-fixtures.ts'

/**
 * Drills of issue 3 (Show 2): a JWKS endpoint on loopback that misbehaves, asked through the real outbound, 200 at a time. Only the clock of the cooldowns is
 * a test's. `--table` prints what came of each as Markdown.
 */
const ASKS = 200
const MINUTE = 60_000
const KNOWN = 'known'
const MEMORY_BOUND = 16 * 1024 * 1024

interface Row { drill: string, state: string, fetches: number, answers: string }
const rows: Row[] = []
const notes: string[] = []

/** One asker with real sockets: what it gets, and how many calls that took. */
class Drill {
  readonly peer = new DrillPeer()
  readonly clock = fakeClock(1000)
  readonly #name: string
  readonly #timeout: string
  readonly #outbound = undiciOutbound()
  calls = 0
  client!: JwksClient

  /** `slow`: the endpoint will not answer, so that each of its answers costs the whole timeout. */
  constructor (name: string, slow = false) {
    this.#name = name
    this.#timeout = slow ? '250ms' : '10s'
  }

  async start (t: Test, url?: string): Promise<this> {
    const own = await this.peer.start()
    this.peer.keys = [ecKey({ kid: KNOWN })]
    const config = issuerConfig({ jwksUri: url ?? own, jwks: { timeout: this.#timeout, cooldown: '30s' } })
    const outbound: Outbound = { ask: async request => { this.calls++; return await this.#outbound.ask(request) } }
    const { clock } = this
    this.client = new JwksClient({ name: 'drill', config, outbound, clock, log: fakeLog(), metrics: new MetricRegistry().scope({}), discovery: new Discovery({ name: 'drill', config, outbound, clock }) })
    t.teardown(async () => {
      this.peer.stop()
      await this.#outbound.close()
    })
    return this
  }

  /** Asks 200 times at once and holds fetches and answers to what is expected; `kid` gets the number of the ask. */
  async ask (t: Test, state: string, kid: (i: number) => string, expected: { fetches: number, answers: string }): Promise<void> {
    const before = this.calls
    const found = await Promise.all(Array.from({ length: ASKS }, (_, i) => this.#answer(kid(i))))
    const row = { drill: this.#name, state, fetches: this.calls - before, answers: counted(found) }
    rows.push(row)
    t.match(row, expected, state)
  }

  /** The fetch that went on behind the answers has ended. */
  async settled (): Promise<void> {
    await this.client.keysFor({ alg: 'ES256', kid: 'nobody' })
  }

  async #answer (kid: string): Promise<string> {
    try {
      const found = this.client.keysFor({ alg: 'ES256', kid })
      const { length } = await found
      if (length === 0) return 'none (401)'
      return found instanceof Promise ? 'key' : 'key, at once'
    } catch (error) {
      if (error instanceof KeysUnavailable) return 'unavailable (503)'
      throw error
    }
  }
}

function counted (answers: readonly string[]): string {
  const kinds = Map.groupBy(answers, answer => answer)
  return [...kinds].map(([kind, { length }]) => `${length} ${kind}`).join(', ')
}

const known = () => KNOWN
const random = (i: number) => `random-${i}`

/** Without keys, with keys that are over, with kids that nobody knows, and well again: the same for every way to fail. */
async function failing (t: Test, name: string, mood: Mood): Promise<Drill> {
  const cold = await new Drill(name, mood === 'silent' || mood === 'half').start(t)
  const { peer, clock } = cold
  const down = `${ASKS} unavailable (503)`
  peer.mood = mood
  await cold.ask(t, 'no keys yet', known, { fetches: 1, answers: down })
  await cold.ask(t, 'no keys yet, within the cooldown', known, { fetches: 0, answers: down })
  clock.advance(30_000)
  await cold.ask(t, 'no keys yet, cooldown over', random, { fetches: 1, answers: down })
  peer.mood = 'well'
  clock.advance(MINUTE)
  await cold.ask(t, 'well again', known, { fetches: 1, answers: `${ASKS} key` })

  peer.mood = mood
  clock.advance(11 * MINUTE)
  await cold.ask(t, 'keys past their max-age', known, { fetches: 1, answers: `${ASKS} key, at once` })
  await t.rejects(cold.settled(), { name: 'KeysUnavailable' })
  await cold.ask(t, 'unknown kids, within the cooldown', random, { fetches: 0, answers: down })
  clock.advance(30_000)
  await cold.ask(t, 'unknown kids, cooldown over', random, { fetches: 1, answers: down })
  clock.advance(23 * 60 * MINUTE)
  await cold.ask(t, 'keys 23 hours old', known, { fetches: 1, answers: `${ASKS} key, at once` })
  await t.rejects(cold.settled(), { name: 'KeysUnavailable' })
  clock.advance(60 * MINUTE)
  await cold.ask(t, 'keys past staleIfError', known, { fetches: 1, answers: down })
  t.ok(peer.asked <= cold.calls, 'the endpoint was asked no more than was counted')
  return cold
}

t.test('nobody listens: one attempt a cooldown', async t => {
  const drill = await new Drill('nobody listens').start(t, await deadAddress())
  await drill.ask(t, 'no keys yet', known, { fetches: 1, answers: `${ASKS} unavailable (503)` })
  await drill.ask(t, 'no keys yet, within the cooldown', known, { fetches: 0, answers: `${ASKS} unavailable (503)` })
})

for (const [name, mood] of Object.entries({
  down: 'down',
  'status 500': 'error',
  'slow: no answer': 'silent',
  'slow: half an answer': 'half',
  'breaks off': 'cut off',
  'HTML with status 200': 'html',
  'JSON that is no JWK Set': 'not a set',
  'content coding not asked for': 'gzip',
  'empty set': 'empty',
  'no key for signatures': 'encryption only'
} satisfies Record<string, Mood>)) {
  t.test(`${name}: one fetch a cooldown for all, and the old keys go on`, async t => { await failing(t, name, mood) })
}

t.test('redirects: one fetch a cooldown for all, and nobody goes where they point', async t => {
  const { peer } = await failing(t, 'redirects', 'redirect')
  t.equal(peer.followed, 0)
})

for (const mood of ['large', 'large declared'] as const) {
  const name = mood === 'large' ? '50 MB' : '50 MB, declared'
  t.test(`${name}: the connection is cut and memory stays where it was`, async t => {
    const before = held()
    let most = 0
    const watch = setInterval(() => { most = Math.max(most, held()) }, 1)
    t.teardown(() => { clearInterval(watch) })
    const { peer, calls } = await failing(t, name, mood)
    most = Math.max(most, held())
    const perFetch = peer.sentBytes / (calls - 1)
    t.ok(perFetch < 4 * 1024 * 1024, `${perFetch} bytes were taken of each answer`)
    t.ok(most - before < MEMORY_BOUND, `${most - before} bytes were held at most`)
    notes.push(`${name}: ${mib(perFetch)} sent of each answer before the connection was cut, ${mib(Math.max(0, most - before))} more memory in use at most.`)
  })
}

/** Bodies live outside the heap. */
const held = (): number => process.memoryUsage().heapUsed + process.memoryUsage().external
const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

t.test('rotating: a new key costs one fetch, and one that was taken back is worth nothing', async t => {
  const drill = await new Drill('rotating').start(t)
  const { peer, clock, client } = drill
  await drill.ask(t, 'first key', known, { fetches: 1, answers: `${ASKS} key` })
  const [first] = await client.keysFor({ alg: 'ES256', kid: KNOWN })
  for (const next of ['second', 'third']) {
    peer.keys = [ecKey({ kid: next })]
    await drill.ask(t, `${next} key, within the cooldown`, () => next, { fetches: 0, answers: `${ASKS} none (401)` })
    clock.advance(30_000)
    await drill.ask(t, `${next} key, cooldown over`, () => next, { fetches: 1, answers: `${ASKS} key` })
  }
  t.equal(first!.revoked, true)
  await drill.ask(t, 'the first key, taken back', known, { fetches: 0, answers: `${ASKS} none (401)` })
})

t.test('well: random kids cost one fetch a cooldown, and none where they were asked for before', async t => {
  const drill = await new Drill('well, random kids').start(t)
  await drill.ask(t, 'no keys yet', random, { fetches: 1, answers: `${ASKS} none (401)` })
  await drill.ask(t, 'others, within the cooldown', i => `other-${i}`, { fetches: 0, answers: `${ASKS} none (401)` })
  drill.clock.advance(30_000)
  await drill.ask(t, 'the same again, cooldown over', random, { fetches: 0, answers: `${ASKS} none (401)` })
  await drill.ask(t, 'new ones, cooldown over', i => `new-${i}`, { fetches: 1, answers: `${ASKS} none (401)` })
})

t.test('well: text/plain is read all the same, and keys renew behind the callers', async t => {
  const drill = await new Drill('well, as text/plain').start(t)
  drill.peer.mood = 'text/plain'
  await drill.ask(t, 'no keys yet', known, { fetches: 1, answers: `${ASKS} key` })
  await drill.ask(t, 'fresh', known, { fetches: 0, answers: `${ASKS} key, at once` })
  drill.clock.advance(8 * MINUTE)
  await drill.ask(t, '0.8 of max-age', known, { fetches: 1, answers: `${ASKS} key, at once` })
})

t.teardown(() => {
  if (process.argv.includes('--table')) console.log(table().join('\n'))
})

/** Drills that came out alike share their lines. */
function table (): string[] {
  const byDrill = Map.groupBy(rows, ({ drill }) => drill)
  const alike = Map.groupBy(byDrill.keys(), drill => JSON.stringify(byDrill.get(drill)!.map(({ state, fetches, answers }) => [state, fetches, answers])))
  const lines = [...alike.values()].flatMap(drills => byDrill.get(drills[0]!)!.map(({ state, fetches, answers }) => `| ${drills.join('; ')} | ${state} | ${ASKS} | ${fetches} | ${answers} |`))
  return ['| drill | state | concurrent asks | fetches | answers |', '| --- | --- | ---: | ---: | --- |', ...lines, '', ...notes]
}
