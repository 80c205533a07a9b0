import type { Principal } from '../../contract/principal.ts'
import type { Use } from '../../contract/route-file.ts'
import { ENCODED_SLASH, SEMICOLON } from '../../plan/canonical-path.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Decision, FilterTrace } from '../../plan/trace-plan.ts'
import type { Compiled } from '../compile-all.ts'
import { placeOf, type Loaded } from '../load-files.ts'
import type { OfflineRequest } from '../rehearsal/offline-request.ts'
import { Rehearsal, type Rehearsed } from '../rehearsal/rehearsal.ts'
import { explainUpstream } from './explain-upstream.ts'
import type { ExplainedFilter, ExplainedReply, ExplainedRoute, Explanation } from './explanation.ts'
import { findLosers } from './find-losers.ts'
import { requestHead } from './request-head.ts'

/** `shown`: how many of the routes that lost are told of; `as`: who is calling. */
export interface ExplainOptions { readonly shown: number, readonly as?: Principal | null }

/** Takes a request through the configuration and says what became of it. */
export async function explainRequest (request: OfflineRequest, loaded: Loaded, compiled: Compiled, { shown, as = null }: ExplainOptions): Promise<Explanation> {
  const rehearsal = new Rehearsal(loaded.config, compiled)
  const rehearsed = await rehearsal.run(request, null, as)
  const { losers, preflight } = await findLosers(rehearsal, request, rehearsed, compiled.plans, shown, origin => placeOf(origin, loaded))
  const { admitted, plan, traces, sent } = rehearsed
  const { method, target, scheme, from } = request
  return {
    request: { method, target, host: valueOf(request, 'host'), scheme, from },
    admitted: admitted && { path: admitted.path, query: admitted.query, client: admitted.address, dropped: dropped(request, admitted.headers) },
    route: plan && explainRoute(plan, rehearsed, preflight, compiled, loaded),
    lost: losers,
    filters: plan ? told(traces, plan.config.filters).map(({ trace, use }) => explainFilter(trace, use, rehearsed, loaded)) : [],
    upstream: plan && sent.length > 0 ? explainUpstream(sent.at(-1)!, plan.config, loaded.config) : null,
    sent: sent.map(one => ({ origin: one.origin, head: requestHead(one), body: one.body && text(one.body) })),
    reply: sent.length > 0 && rehearsed.code === null ? null : explainReply(rehearsed)
  }
}

const valueOf = ({ headers }: OfflineRequest, name: string): string => headers.find(([known]) => known.toLowerCase() === name)?.[1] ?? ''

/** Fields that end at the gateway or that it does not believe. Those of the connection itself say nothing. */
const ITS_OWN = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'expect', 'upgrade'])

const dropped = ({ headers }: OfflineRequest, kept: readonly string[]): string[] =>
  [...new Set(headers.map(([name]) => name.toLowerCase()))].filter(name => !ITS_OWN.has(name) && !kept.includes(name))

function explainRoute (plan: Plan, { params, entered, admitted }: Rehearsed, preflight: boolean, { plans }: Compiled, loaded: Loaded): ExplainedRoute {
  const { id, config: { origin }, predicates, share } = plan
  return {
    id,
    source: placeOf(origin, loaded),
    predicates: predicates.map(({ label }) => label),
    captured: { ...params },
    preflight,
    group: share && { name: share.group, members: membersOf(share.group, plans) },
    refuses: entered ? null : `allowPath of the route does not let in ${notAllowed(admitted!.path, plan.allowedFlags)} in the path`
  }
}

const membersOf = (group: string, plans: readonly Plan[]) =>
  plans.flatMap(({ id, share }) => share?.group === group ? [{ id, weight: share.weight }] : [])

const notAllowed = (path: string, allowed: number): string => [
  ...path.includes('%2F') && (allowed & ENCODED_SLASH) === 0 ? ['an encoded slash (%2F)'] : [],
  ...path.includes(';') && (allowed & SEMICOLON) === 0 ? ['a semicolon'] : []
].join(' or ')

/** The gravest decision is the one to tell. */
/** What stands on every route is told of where it has changed something. */
const told = (traces: readonly FilterTrace[], uses: readonly Use[]) =>
  traces.map((trace, i) => ({ trace, use: uses[i]! })).filter(({ trace, use }) => !use.implied || trace.onRequest.length > 0 || trace.code !== null || trace.error !== null)

const GRAVITY: readonly Decision[] = ['failed', 'refused', 'answered', 'would-refuse', 'skipped', 'passed']

function explainFilter (trace: FilterTrace, { when, origin }: Use, { code }: Rehearsed, loaded: Loaded): ExplainedFilter {
  const { name, report, acts, reached, decisions, onRequest, onReply, error } = trace
  const decision = GRAVITY.find(one => decisions.has(one)) ?? (reached ? 'passed' : 'not-reached')
  return {
    name,
    source: placeOf(origin, loaded),
    report,
    when,
    acts,
    decision,
    // Where the filter itself named none, what goes back has the code: it made a path that is refused, or the body was over its limit.
    code: trace.code ?? (decision === 'refused' ? code : null),
    error,
    request: onRequest,
    reply: onReply
  }
}

function explainReply ({ reply, code, reason, status }: Rehearsed): ExplainedReply {
  if (reply === null) return { status, code, reason, detail: null, headers: [], body: null }
  const body = typeof reply.body === 'string' ? reply.body : reply.body instanceof Uint8Array ? text(reply.body) : null
  return { status, code, reason, detail: code === null ? null : detailOf(body), headers: [...reply.headers].map(line => line.join(': ')), body }
}

/** The gateway's own errors are problem documents (RFC 9457), unless a filter has made something else of them. */
function detailOf (body: string | null): string | null {
  try {
    return (JSON.parse(body ?? '{}') as { detail?: string }).detail ?? null
  } catch {
    return null
  }
}

const text = (body: Uint8Array): string => Buffer.from(body).toString()
