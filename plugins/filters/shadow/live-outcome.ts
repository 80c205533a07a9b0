import type { StaticDecode } from 'typebox'
import { Cel, Choice, Config, ConfigError, HeaderName, List, pattern, Regex, statusesOf, StatusRange, Timeout, Type, UPSTREAM_FAULTS, type ErrorCode, type Exchange, type Expressions, type Reply } from '../../../src/contract/index.ts'

const FAULTS = Object.keys(UPSTREAM_FAULTS) as [keyof typeof UPSTREAM_FAULTS, ...(keyof typeof UPSTREAM_FAULTS)[]]

/** How the live request must have gone for it to be mirrored. */
export const AfterSchema = Config({
  statuses: Type.Optional(List(StatusRange(100), { description: 'The live answer has one of these statuses: `503`, `500-504`, `5xx`.' })),
  slowerThan: Type.Optional(Timeout({ description: 'The head of the live answer took longer than this.' })),
  faults: Type.Optional(List(Choice(FAULTS), { description: `No answer of the live upstream, or a broken one: ${FAULTS.join(', ')}.` })),
  header: Type.Optional(Config({
    name: HeaderName({ description: 'A header of the live answer that must be there.' }),
    matches: Type.Optional(Regex({ description: 'Pattern that one of its values must fit as a whole.' }))
  }, { description: 'The live answer has this header.' })),
  when: Type.Optional(Cel({ description: 'Condition on the request and the live `reply`.' }))
}, { description: 'Decided when the live answer is known: one of these must hold. Left out, how the live request went does not matter.' })
type AfterConfig = StaticDecode<typeof AfterSchema>

/** What is asked of a live request that has ended. */
export interface LiveEnd { readonly x: Exchange, readonly reply: Reply, readonly headMs: number, /** Why its body broke off. */ readonly broken: ErrorCode | null }
type Condition = (end: LiveEnd) => boolean

/** Whether a live request went as the config says. Throws ConfigError below `pointer`; the condition throws where an expression cannot be evaluated. */
export function liveCondition (config: AfterConfig, expressions: Expressions, pointer: string): Condition {
  const { statuses, slowerThan, faults, header, when } = config
  const all: Condition[] = []
  if (statuses) {
    const known = statusesOf(statuses, `${pointer}/statuses`)
    all.push(({ reply }) => known.has(reply.status))
  }
  if (slowerThan !== undefined) all.push(({ headMs }) => headMs > slowerThan)
  if (faults) {
    const codes: ReadonlySet<ErrorCode | null> = new Set(faults.flatMap(fault => UPSTREAM_FAULTS[fault]))
    all.push(({ reply, broken }) => codes.has(reply.code) || codes.has(broken))
  }
  if (header) all.push(headerCondition(header, `${pointer}/header`))
  if (when !== undefined) all.push(expressionCondition(when, expressions, `${pointer}/when`))
  if (all.length === 0) throw new ConfigError('GW_CONFIG_INVALID', pointer, `expected one of ${Object.keys(AfterSchema.properties).join(', ')}`)
  return end => all.some(holds => holds(end))
}

function headerCondition ({ name, matches }: NonNullable<AfterConfig['header']>, pointer: string): Condition {
  const lower = name.toLowerCase()
  if (matches === undefined) return ({ reply }) => reply.headers.has(lower)
  const { matches: fits } = pattern(matches, `${pointer}/matches`)
  return ({ reply }) => reply.headers.all(lower).some(value => fits(value))
}

function expressionCondition (source: string, expressions: Expressions, pointer: string): Condition {
  const expression = expressions.condition(source, pointer)
  if (!expression.usesReply) throw new ConfigError('GW_CONFIG_NO_EFFECT', pointer, 'it does not look at reply: use the `when` of the shadow')
  if (expression.usesBody) throw new ConfigError('GW_CONFIG_NO_EFFECT', pointer, 'body is not read here: use the `when` of the shadow')
  return ({ x, reply }) => expression.evaluate(x, { reply })
}
