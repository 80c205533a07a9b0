import { ConfigError, escapePointer, GatewayError, type Exchange, type Expression, type Expressions } from '../../../src/contract/index.ts'
import type { CostConfig } from './schema.ts'

/** How many tokens a request takes: whole, at least 0, at most one more than the bucket holds. May throw GatewayError GW_EXPRESSION_FAILED. */
export type Cost = (x: Exchange) => number

/** Compiles a cost; ConfigError at `pointer` where no request could pay it, or none has to. */
export function compileCost (cost: CostConfig, burst: number, expressions: Expressions, pointer: string): Cost {
  if (typeof cost === 'number') return fixedCost(cost, burst, pointer)
  if (typeof cost === 'string') return spokenCost(cost, burst, expressions, pointer)
  const costs = new Map(Object.entries(cost))
  for (const [method, tokens] of costs) affordable(tokens, burst, `${pointer}/${escapePointer(method)}`)
  const other = costs.get('*') ?? 1
  if (other === 0 && [...costs.values()].every(tokens => tokens === 0)) throw new ConfigError('GW_CONFIG_NO_EFFECT', pointer, 'no request takes a token, so there is no limit')
  return x => costs.get(x.method) ?? other
}

function fixedCost (tokens: number, burst: number, pointer: string): Cost {
  if (tokens === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', pointer, 'no request takes a token, so there is no limit')
  affordable(tokens, burst, pointer)
  return () => tokens
}

function affordable (tokens: number, burst: number, pointer: string): void {
  if (tokens > burst) throw new ConfigError('GW_CONFIG_INVALID', pointer, `the bucket holds ${burst}, so no request could ever pass`)
}

function spokenCost (source: string, burst: number, expressions: Expressions, pointer: string): Cost {
  const expression = expressions.text(source, pointer)
  if (expression.usesReply || expression.usesBody) throw new ConfigError('GW_CONFIG_NO_EFFECT', pointer, 'a cost is taken before there is a reply, and no body is read for it')
  return x => bounded(expression, x, burst)
}

const NUMBER = /^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$/i

/** Nobody gains tokens by a cost below none; what is more than the bucket holds never passes, however much more it is. */
function bounded (expression: Expression<string>, x: Exchange, burst: number): number {
  const text = expression.evaluate(x)
  const tokens = text === '+Inf' ? Infinity : NUMBER.test(text) ? Math.ceil(Number(text)) : NaN
  if (Number.isNaN(tokens)) throw new GatewayError('GW_EXPRESSION_FAILED')
  return Math.min(Math.max(tokens, 0), burst + 1)
}
