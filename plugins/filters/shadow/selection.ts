import { bodyParser, ConfigError, type Exchange, type Expression, type Expressions, type Services } from '../../../src/contract/index.ts'
import type { Reason } from './outcome.ts'

/** Which requests are mirrored, as the config says. */
export interface SelectionConfig { readonly match?: readonly unknown[] | undefined, readonly when?: string | undefined }

type Ask = (copy: Exchange) => Reason | null | Promise<Reason | null>

/** Whether a request is one to mirror; null: yes. */
export interface Selection {
  /** Asked of the live request while it is under way, without its body. Null where there is nothing to ask. */
  readonly now: ((x: Exchange) => Reason | null) | null
  /** Asked of the copy, when nobody waits: predicates, and what needs the body. */
  readonly later: Ask | null
}

/** Compiles what the config says. Throws ConfigError at `/when` and below `/match`. */
export function selection ({ match, when }: SelectionConfig, { expressions, predicates }: Pick<Services, 'expressions' | 'predicates'>): Selection {
  const condition = when === undefined ? null : compiled(when, expressions)
  const steps: Ask[] = []
  if (match !== undefined) steps.push(matching(predicates.all(match, '/match')))
  if (condition?.usesBody) steps.push(askingBody(condition))
  return {
    now: condition === null || condition.usesBody ? null : x => said(condition, x),
    later: steps.length === 0 ? null : async copy => await firstReason(steps, copy)
  }
}

function compiled (when: string, expressions: Expressions): Expression<boolean> {
  const condition = expressions.condition(when, '/when')
  if (condition.usesReply) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/when', 'it is decided before there is a reply: use `after.when`')
  return condition
}

async function firstReason (steps: readonly Ask[], copy: Exchange): Promise<Reason | null> {
  for (const step of steps) {
    const reason = await step(copy)
    if (reason !== null) return reason
  }
  return null
}

/** A condition that cannot be evaluated selects nothing. */
function said (condition: Expression<boolean>, x: Exchange, body?: unknown): Reason | null {
  try {
    return condition.evaluate(x, body === undefined ? {} : { body }) ? null : 'when'
  } catch {
    return 'expression'
  }
}

/** Predicates see the path that the client has asked for, as those of a route do, and leave nothing behind. */
function matching (holds: (x: Exchange) => boolean | Promise<boolean>): Ask {
  return async copy => {
    const { path, query, params } = copy
    copy.path = copy.originalPath
    copy.query = copy.originalQuery
    try {
      return await holds(copy) ? null : 'match'
    } catch {
      return 'expression'
    } finally {
      copy.path = path
      copy.query = query
      copy.params = params
    }
  }
}

/** A body that the condition cannot be asked about is one that does not match. */
function askingBody (condition: Expression<boolean>): Ask {
  return copy => {
    const parse = copy.body.held === null ? null : bodyParser(copy.headers)
    if (parse === null) return 'when'
    try {
      return said(condition, copy, parse(copy.body.held!))
    } catch {
      return 'when'
    }
  }
}
