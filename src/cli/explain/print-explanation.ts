import type { RefusalReason } from '../../contract/identity.ts'
import type { Change } from '../../plan/changes.ts'
import type { Paint } from '../paint.ts'
import type { ExplainedFilter, ExplainedRoute, ExplainedUpstream, Explanation } from './explanation.ts'

const WIDTH = 10
const INDENT = ' '.repeat(WIDTH)

/** The explanation as a text of sections. */
export function printExplanation (explanation: Explanation, paint: Paint): string {
  const { request, admitted, route, lost, filters, upstream, sent, reply } = explanation
  const losers = [...lost.routes.map(({ id, source, reason }) => `${id} (${source}): ${reason}`), ...lost.more > 0 ? [`and ${lost.more} more; --all shows them`] : []]
  const sections: [title: string, lines: readonly string[]][] = [
    ['Request', [`${request.method} ${request.target} of ${request.host || '(no host)'} by ${request.scheme} from ${request.from}`]],
    ['Guard', admitted ? admittedLines(explanation) : [paint('red', 'it is answered before any route is asked')]],
    ['Not taken', losers],
    ['Route', route ? routeLines(route, paint) : admitted ? [paint('red', 'none takes it')] : []],
    ['Filters', filterLines(filters, paint)],
    ['Upstream', upstream ? upstreamLines(upstream) : []],
    ...sent.map(({ head, body }): [string, string[]] => ['Sends', [...head, '', ...body === null ? [] : body.split('\n')]]),
    ['Answers', reply ? replyLines(explanation, paint) : []]
  ]
  return sections.filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => paint('bold', title.padEnd(WIDTH)) + lines.join(`\n${INDENT}`).replace(/ +$/gm, '').trimEnd())
    .join('\n\n')
}

function admittedLines ({ admitted, request }: Explanation): string[] {
  const { path, query, client, dropped } = admitted!
  const seen = path + (query === '' ? '' : `?${query}`)
  return [
    `lets it in${seen === request.target ? '' : ` as ${seen}`}`,
    ...client === request.from ? [] : [`the client is ${client}, says the trusted proxy`],
    ...dropped.length > 0 ? [`leaves behind: ${dropped.join(', ')}`] : []
  ]
}

function routeLines ({ id, source, predicates, captured, preflight, group, refuses }: ExplainedRoute, paint: Paint): string[] {
  const total = group?.members.reduce((sum, { weight }) => sum + weight, 0) ?? 0
  return [
    `${paint('green', id)} (${source})${preflight ? ', for the method that the preflight asks about' : ''}`,
    ...predicates.map(label => `${label} holds`),
    ...Object.entries(captured).map(([name, value]) => `{${name}} is ${value}`),
    ...group ? [`drawn from the group "${group.name}": ${group.members.map(one => `${one.id} ${share(one.weight, total)}`).join(', ')}`] : [],
    ...refuses === null ? [] : [paint('red', refuses)]
  ]
}

function filterLines (filters: readonly ExplainedFilter[], paint: Paint): string[] {
  const names = filters.map(({ name }, i) => `${String(i + 1).padStart(String(filters.length).length)} ${name}`)
  const width = Math.max(...names.map(name => name.length)) + 2
  return filters.flatMap((filter, i) => {
    const [first = 'changes nothing', ...more] = effects(filter)
    return [`${paint('bold', names[i]!.padEnd(width))}${first}`, ...more.map(line => ' '.repeat(width) + line)]
  })
}

/** What a filter did, or why it did nothing. */
function effects ({ decision, code, error, when, request, reply, acts }: ExplainedFilter): string[] {
  const why = code === null ? '' : ` with ${code}`
  if (decision === 'not-reached') return [acts.some(phase => phase !== 'done') ? 'not reached' : 'is told how it ended']
  if (decision === 'skipped') return [`skipped: ${when!} does not hold`]
  if (decision === 'failed') return [`fails${why}: ${error!}`]
  const verdict = DECIDED[decision]
  return [...verdict === undefined ? [] : [verdict(why)], ...request.map(changeText), ...around(acts), ...onAnswer(acts, reply)]
}

const DECIDED: Readonly<Record<string, (why: string) => string>> = {
  refused: why => `refuses${why}`,
  answered: () => 'answers',
  'would-refuse': why => `would refuse${why}, but only reports`
}

const around = (acts: readonly string[]): string[] => acts.includes('dispatch') ? ['acts around the call'] : []

const onAnswer = (acts: readonly string[], reply: readonly Change[]): string[] =>
  acts.includes('response') ? [`acts on the answer${reply.length > 0 ? ':' : ''}`, ...reply.map(change => `  ${changeText(change)}`)] : []

function changeText ({ what, from, to }: Change): string {
  if (from.length === 0) return `${what} = ${to.join(' | ')}`
  return to.length === 0 ? `no ${what}` : `${what} ${from.join(' | ')} -> ${to.join(' | ')}`
}

function upstreamLines ({ to, endpoint, byFilter, targets, splitBy, endpoints }: ExplainedUpstream): string[] {
  const split = (of: readonly { weight: number }[], names: readonly string[]) => {
    const total = of.reduce((sum, { weight }) => sum + weight, 0)
    return names.map((name, i) => `${name} ${share(of[i]!.weight, total)}`).join(', ')
  }
  return [
    byFilter ? `${endpoint}, as a filter says` : to === endpoint ? endpoint : `${to} at ${endpoint}`,
    ...targets.length > 1 ? [`one of ${split(targets, targets.map(target => target.to))}${splitBy === null ? '' : `, by ${splitBy}`}`] : [],
    ...endpoints.length > 1 ? [`endpoints: ${split(endpoints, endpoints.map(({ url }) => url))}`] : []
  ]
}

function replyLines ({ reply }: Explanation, paint: Paint): string[] {
  const { status, code, reason, detail, headers, body } = reply!
  const why = reason === null ? '' : ` (${reason})`
  const head = code === null ? `${status} by itself` : paint('red', `${status} ${code}${why}${detail === null ? '' : `: ${detail}`}`)
  return code === null ? [head, ...headers, ...body === null ? [] : ['', ...body.split('\n')]] : [head, ...reason === UNASKED ? ['nobody outside is asked here; --as <subject> takes a caller for proved'] : []]
}

const UNASKED: RefusalReason = 'unavailable'

const share = (weight: number, total: number): string => total === 0 ? '0%' : `${Number((weight / total * 100).toPrecision(3))}%`
