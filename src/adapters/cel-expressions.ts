import type { ParseResult } from '@marcbachmann/cel-js'
import { ConfigError } from '../contract/config-error.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Expression, ExpressionInput, Expressions } from '../contract/services.ts'
import { celBody } from './cel-body.ts'
import { celEdits, walk } from './cel-edits.ts'
import { CelClient, celEnvironment, CelReply, CelRequest, CelRoute } from './cel-environment.ts'
import { celPrincipal } from './cel-principal.ts'
import { celText } from './cel-text.ts'

/**
 * CEL by @marcbachmann/cel-js, typed: a wrong field is an error when the file is read. `request.headers["x"]` of an absent
 * header is '' and no error, in the same way for query, cookies and reply.headers; `"x" in request.headers` tells.
 */
export const celExpressions: Expressions = {
  condition: (source, pointer = '') => {
    const { parsed, type } = compile(source, pointer)
    if (type !== 'bool' && type !== 'dyn') throw new ConfigError('GW_CONFIG_EXPRESSION', pointer, `a condition must be true or false, this is ${type}`)
    return expression(parsed, truth)
  },
  text: (source, pointer = '') => {
    const { parsed, type } = compile(source, pointer)
    if (TEXTLESS.has(type)) throw new ConfigError('GW_CONFIG_EXPRESSION', pointer, `${type} has no text: name one of its fields`)
    return expression(parsed, celText)
  }
}

const TEXTLESS: ReadonlySet<string> = new Set(['Request', 'Reply', 'Client', 'Route', 'Principal'])

function truth (value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeError('neither true nor false')
  return value
}

function compile (source: string, pointer: string): { parsed: ParseResult, type: string } {
  try {
    // As written first, so that faults are told in the words of the file.
    const written = celEnvironment.parse(source)
    check(written)
    const parsed = celEnvironment.parse(celEdits(source, written.ast, pointer))
    return { parsed, type: check(parsed) }
  } catch (error) {
    const { message } = error as Error
    const reason = error instanceof ConfigError ? error.detail : `not a valid CEL expression: ${message.split('\n', 1)[0]}`
    throw new ConfigError('GW_CONFIG_EXPRESSION', pointer, reason)
  }
}

function check (parsed: ParseResult): string {
  const { error, type = 'dyn' } = parsed.check()
  if (error) throw error
  return type
}

function expression<T> (parsed: ParseResult, result: (value: unknown) => T): Expression<T> {
  const names = new Set<string>()
  walk(parsed.ast, node => { if (node.op === 'id') names.add(node.args) })
  return {
    usesReply: names.has('reply'),
    usesBody: names.has('body'),
    evaluate: (x, input = {}) => {
      try {
        return result(parsed(variables(names, x, input)))
      } catch (error) {
        throw new GatewayError('GW_EXPRESSION_FAILED', undefined, { cause: error })
      }
    }
  }
}

function variables (names: ReadonlySet<string>, x: Exchange, { reply, body }: ExpressionInput): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  if (names.has('request')) values['request'] = new CelRequest(x)
  if (names.has('reply') && reply) values['reply'] = new CelReply(reply)
  if (names.has('client')) values['client'] = new CelClient(x)
  if (names.has('route')) values['route'] = new CelRoute(x)
  if (names.has('principal')) values['principal'] = celPrincipal(x.principal)
  if (names.has('params')) values['params'] = new Map(Object.entries(x.params))
  if (names.has('body')) values['body'] = celBody(body)
  return values
}
