import { readFileSync } from 'node:fs'
import t from 'tap'
import { passportVectors } from '../../../../docs/passport-vectors.ts'
import { verifyPassport, type BoundRequest, type Jwks } from '../../../../plugins/filters/passport/verifier/index.ts'

interface Case { name: string, header: string, request?: BoundRequest, outcome: string }
interface Vectors { jwks: Jwks, issuer: string, audience: string, now: number, clockSkewSeconds: number, cases: Case[] }

const text = readFileSync(new URL('../../../../docs/passport-vectors.json', import.meta.url), 'utf8')
const { jwks, issuer, audience, now, clockSkewSeconds, cases } = JSON.parse(text) as Vectors

t.test('the vectors are what `node docs/passport-vectors.ts` makes', t => {
  t.ok(text === passportVectors())
  t.end()
})

for (const { name, header, request, outcome } of cases) {
  t.test(`${outcome}: ${name}`, async t => {
    const verified = verifyPassport(header, { jwks, issuer, audience, now: () => now * 1000, clockSkewMs: clockSkewSeconds * 1000, ...request && { request } })
    if (outcome === 'accepted') t.match(await verified, { iss: issuer, lvl: Number })
    else await t.rejects(verified, { name: 'PassportError', code: outcome, statusCode: 401 })
  })
}
