import { AUDIENCE, benchTokens, ISSUER, type BenchTokens } from './bench-tokens.ts'
import type { Contender, Running } from './contender.ts'
import { fetchOnce } from './fetch-once.ts'
import type { Lab } from './lab.ts'
import { luaScript } from './lua-script.ts'
import { measureLoad, type Sample } from './measure-load.ts'
import { catchAll, routeFile, startGatehouse } from '../servers/gatehouse.ts'
import { UPSTREAM_BODY } from '../servers/upstream.ts'

export const CALLERS = 1_000
const PATH = '/orders/7?expand=lines'

/** The filters that know who is calling: RS256 verified, a scope asked for, a passport minted. */
export const WHO: readonly object[] = [{ authenticate: { issuers: ['bench'] } }, { authorize: { scopes: ['orders.read'] } }, { passport: { audience: 'orders' } }]

/** Callers with a token each, and the load that they make. */
export interface Callers extends BenchTokens { readonly script: string }

/** Makes them once for a run. */
export function callers (lab: Lab): Callers {
  const signed = benchTokens(CALLERS)
  const requests = signed.tokens.map((token) => ({ method: 'GET', host: 'bench.test', path: PATH, headers: { Authorization: `Bearer ${token}` } }))
  return { ...signed, script: lab.file('callers.lua', luaScript(requests)) }
}

/** Gatehouse that trusts their issuer, with these filters; `gateway` are settings beside those of every row. */
export function authenticating (name: string, { jwk }: BenchTokens, filters: readonly object[], gateway: object = {}): Contender {
  return {
    name,
    async start (lab, site) {
      const routes = routeFile([catchAll(site.upstreamPort, filters)], site, { gateway })
      const issuers = { bench: { issuer: ISSUER, audiences: [AUDIENCE], algorithms: ['RS256'], keys: [jwk] } }
      return startGatehouse(lab, `${routes}issuers: ${JSON.stringify(issuers)}\nkeyRings: { passport: ephemeral }\n`)
    }
  }
}

/** Measures one server that these callers use, and stops it. `asksWho`: it must refuse a forged token. */
export async function measureCallers (lab: Lab, running: Running, name: string, { tokens, script }: Callers, asksWho: boolean): Promise<Sample> {
  try {
    await check(running, name, tokens[0]!, asksWho)
    return await measureLoad(lab, running, script)
  } finally {
    await running.child.stop()
  }
}

// A gateway that lets everybody in would look very good in the table.
async function check ({ url }: Running, name: string, token: string, asksWho: boolean): Promise<void> {
  const known = await fetchOnce(url + PATH, { authorization: `Bearer ${token}` })
  if (known.status !== 200 || known.body !== UPSTREAM_BODY) throw new Error(`${name} answers ${known.status} to a good token`)
  if (!asksWho) return
  const forged = await fetchOnce(url + PATH, { authorization: `Bearer ${token.slice(0, -8)}AAAAAAAA` })
  if (forged.status !== 401) throw new Error(`${name} answers ${forged.status} to a forged token`)
}
