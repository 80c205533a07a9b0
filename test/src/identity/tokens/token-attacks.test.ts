import { verify } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { Refusal, type Verdict } from '../../../../src/contract/identity.ts'
import { IssuerTokens } from '../../../../src/identity/tokens/issuer-tokens.ts'
import { tokenVerifier } from '../../../../src/identity/tokens/token-verifier.ts'
import { VerifiedTokens } from '../../../../src/identity/tokens/verified-tokens.ts'
import { fakeClock } from '../../../../src/testing/index.ts'
import { ALGORITHMS } from './attacks/algorithms.ts'
import { CLAIM_ATTACKS } from './attacks/claims.ts'
import { GOOD } from './attacks/good.ts'
import { JSONS } from './attacks/json.ts'
import { KEY_ATTACKS } from './attacks/keys.ts'
import { KINDS } from './attacks/kinds.ts'
import { issuerConfig, KEYS, NOW, OTHER_ISSUER, OTHER_KEYS, PAIRS, token, type Attack } from './attacks/lab.ts'
import { EXAMPLES, EXP, type Example } from './attacks/rfc.ts'
import { SIGNATURES } from './attacks/signatures.ts'
import { TEXTS } from './attacks/texts.ts'

const ATTACKS: Readonly<Record<string, readonly Attack[]>> = {
  Algorithms: ALGORITHMS,
  Keys: KEY_ATTACKS,
  Signatures: SIGNATURES,
  Texts: TEXTS,
  JSON: JSONS,
  Claims: CLAIM_ATTACKS,
  'Kinds of token': KINDS
}

/** What a gateway that trusts two issuers says; whatever it refuses, it must not remember. */
async function outcome ({ token: make, config, keys = KEYS }: Omit<Attack, 'reason' | 'name'>, nowSeconds = NOW): Promise<string> {
  const clock = fakeClock(nowSeconds * 1000)
  const cache = new VerifiedTokens()
  const issuers = [
    new IssuerTokens({ config: issuerConfig(config), keys, clock }),
    new IssuerTokens({ config: issuerConfig({ issuer: OTHER_ISSUER }), keys: OTHER_KEYS, clock })
  ]
  const verifier = tokenVerifier({ issuers, cache, clock })
  const text = make()
  const first = said(await verifier.verify(text))
  const again = said(await verifier.verify(text))
  return first === again && (first === 'accepted' || cache.size === 0) ? first : `${first}, then ${again}, remembered ${cache.size}`
}

const said = (verdict: Verdict): string => verdict instanceof Refusal ? verdict.reason : 'accepted'
const example = (each: Example): Promise<string> => outcome({ token: () => each.token, config: each.config, keys: each.keys }, EXP - 60)

if (process.argv.includes('--table')) await printTable()
else test()

function test (): void {
  for (const [group, attacks] of Object.entries(ATTACKS)) {
    t.test(`${group}: each of ${attacks.length} attacks is refused`, async t => {
      for (const attack of attacks) t.equal(await outcome(attack), attack.reason, attack.name)
    })
  }

  t.test('good tokens that look like attacks are accepted', async t => {
    for (const good of GOOD) t.equal(await outcome(good), 'accepted', good.name)
  })

  t.test('the examples of the RFCs are accepted or refused as they say', async t => {
    for (const each of EXAMPLES) t.equal(await example(each), each.outcome, each.name)
  })

  t.test('the examples of the RFCs are refused when they have expired', async t => {
    for (const each of EXAMPLES.filter(({ outcome }) => outcome === 'accepted')) t.equal(await outcome({ ...each, token: () => each.token }, EXP + 30), 'expired', each.name)
  })

  t.test('no two attacks have the same name', async t => {
    const names = Object.values(ATTACKS).flat().map(({ name, config }) => `${name} ${JSON.stringify(config)}`)
    t.strictSame(names.filter((name, i) => names.indexOf(name) !== i), [])
    t.ok(names.length >= 80)
  })

  t.test('a token with any one byte changed is refused', async t => {
    const clock = fakeClock(NOW * 1000)
    const verifier = tokenVerifier({ issuers: [new IssuerTokens({ config: issuerConfig(), keys: KEYS, clock })], cache: new VerifiedTokens(), clock })
    const tokens = [token(), token({ as: 'PS256' }), token({ as: 'ES256', key: PAIRS.ec.privateKey }), token({ as: 'EdDSA', key: PAIRS.ed.privateKey })]
    for (const good of tokens) t.equal(said(await verifier.verify(good)), 'accepted')
    await fc.assert(fc.asyncProperty(fc.constantFrom(...tokens), fc.nat(), fc.integer({ min: 1, max: 255 }), async (good, position, difference) => {
      const bytes = Buffer.from(good, 'latin1')
      bytes[position % bytes.length]! ^= difference
      return await verifier.verify(bytes.toString('latin1')) instanceof Refusal
    }), { numRuns: 1500 })
  })

  t.test('any text at all gets an answer, and none is accepted', async () => {
    const clock = fakeClock(NOW * 1000)
    const verifier = tokenVerifier({ issuers: [new IssuerTokens({ config: issuerConfig(), keys: KEYS, clock })], cache: new VerifiedTokens(), clock })
    const part = fc.oneof(fc.json().map(text => Buffer.from(text).toString('base64url')), fc.string(), fc.uint8Array().map(bytes => Buffer.from(bytes).toString('base64url')))
    const header = fc.record({ alg: fc.oneof(fc.constantFrom('RS256', 'ES256', 'EdDSA'), fc.anything()), kid: fc.oneof(fc.constantFrom('rsa', 'ec', 'ed'), fc.anything()), typ: fc.anything() }, { requiredKeys: [] })
      .map(object => Buffer.from(JSON.stringify(object, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value)).toString('base64url'))
    await fc.assert(fc.asyncProperty(fc.oneof(header, part), part, part, async (a, b, c) => await verifier.verify(`${a}.${b}.${c}`) instanceof Refusal), { numRuns: 1000 })
  })

  t.test('the signatures of RFC 7515 A.4 and RFC 8037 A.4, whose payloads are no claims, are good as such', async t => {
    for (const [name, digest] of [['RFC 7515 A.4', 'sha512'], ['RFC 8037 A.4', null]] as const) {
      const { token: text, keys } = EXAMPLES.find(each => each.name.startsWith(`${name}:`))!
      const [key] = await keys.keysFor({ alg: digest === null ? 'EdDSA' : 'ES512', kid: null })
      const dot = text.lastIndexOf('.')
      t.ok(verify(digest, Buffer.from(text.slice(0, dot)), { key: key!.key, dsaEncoding: 'ieee-p1363' }, Buffer.from(text.slice(dot + 1), 'base64url')), name)
    }
  })
}

async function printTable (): Promise<void> {
  const row = (name: string, said: string): void => { process.stdout.write(`| ${name.replace(/\|/g, '\\|').replace(/[\r\n]/g, ' ')} | ${said} |\n`) }
  const refused = (said: string, expected: string): string => said === expected ? `refused: ${said}` : `**${said}**, not ${expected}`
  for (const [group, attacks] of Object.entries(ATTACKS)) {
    process.stdout.write(`\n### ${group}\n\n| attack | outcome |\n|---|---|\n`)
    for (const attack of attacks) row(attack.name, refused(await outcome(attack), attack.reason))
  }
  process.stdout.write('\n### Good tokens that look like attacks\n\n| token | outcome |\n|---|---|\n')
  for (const good of GOOD) row(good.name, await outcome(good))
  process.stdout.write('\n### Examples of the RFCs\n\n| example | outcome |\n|---|---|\n')
  for (const each of EXAMPLES) row(each.name, each.outcome === 'accepted' ? await example(each) : refused(await example(each), each.outcome))
  process.stdout.write(`\n${Object.values(ATTACKS).flat().length} attacks, ${GOOD.length} good tokens, ${EXAMPLES.length} examples.\n`)
}
