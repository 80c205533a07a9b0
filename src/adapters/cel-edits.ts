import type { ASTNode } from '@marcbachmann/cel-js'
import { ConfigError } from '../contract/config-error.ts'
import { pattern } from '../contract/pattern.ts'

/** One token of an expression and what is to stand in its place. */
interface Edit { readonly start: number, readonly end: number, readonly text: string }

/** What an absent entry of these maps reads as: the method that gives '' in its place. */
const LENIENT: ReadonlyMap<string, string> = new Map([
  ['request.headers', 'header'], ['request.query', 'parameter'], ['request.cookies', 'cookie'], ['reply.headers', 'header'],
  ['principal.claims', 'claim'], ['route.metadata', 'entry']
])

const VARIABLES: ReadonlySet<string> = new Set(['request', 'reply', 'client', 'route', 'params', 'body', 'principal'])

/** White space, comments and the parentheses around an operand: all that can stand between it and its operator. */
const GAP = /(?:[\s)]|\/\/[^\n]*\n)*/y

/**
 * The expression with what is ours in the place of what is CEL's: `request.headers[k]` and `request.headers.k` become `request.header(k)`,
 * `matches` and `duration` the functions that bound their work. Only single tokens change, so that parentheses stay as they are.
 */
export function celEdits (source: string, ast: ASTNode, pointer: string): string {
  const edits: Edit[] = []
  const look = (node: ASTNode): void => {
    if (node.op === '.' || node.op === '[]') edits.push(...lenientAccess(source, node))
    else if (node.op === 'rcall' && node.args[0] === 'matches') edits.push(linearMatch(source, node.args[1], node.args[2], pointer))
    else if (node.op === 'call' && node.args[0] === 'duration') edits.push({ start: node.start, end: node.start + 'duration'.length, text: 'boundedDuration' })
    // `has(request.headers.k)` asks for the entry itself
    if (node.op !== 'call' || node.args[0] !== 'has') forEachPart(node, look)
  }
  look(ast)
  edits.sort((a, b) => b.start - a.start)
  return edits.reduce((text, { start, end, text: better }) => text.slice(0, start) + better + text.slice(end), source)
}

/** Visits a node and all that is in it. */
export function walk (node: ASTNode, visit: (node: ASTNode) => void): void {
  visit(node)
  forEachPart(node, part => { walk(part, visit) })
}

function forEachPart (node: ASTNode, visit: (node: ASTNode) => void): void {
  const inside = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(inside)
    else if (typeof part === 'object' && part !== null && 'op' in part) visit(part as ASTNode)
  }
  inside(node.args)
}

function lenientAccess (source: string, node: ASTNode & { op: '.' | '[]' }): Edit[] {
  const [map, key] = node.args
  const field = fieldOf(map)
  const method = field && LENIENT.get(field.name)
  if (!field || !method) return []
  const name = { start: after(source, field.owner), end: map.end, text: '' }
  if (typeof key === 'string') return [name, { start: node.pos, end: node.end, text: `${method}(${JSON.stringify(key)})` }]
  const bracket = after(source, map)
  return [name, { start: bracket, end: bracket + 1, text: `.${method}(` }, { start: node.end - 1, end: node.end, text: ')' }]
}

/** The variable of `request.headers`, and the whole as a name; null for anything that is not a field of a variable. */
function fieldOf (node: ASTNode): { owner: ASTNode, name: string } | null {
  if (node.op !== '.') return null
  const [owner, field] = node.args
  return owner.op === 'id' ? { owner, name: `${owner.args}.${field}` } : null
}

/** cel-js would give the pattern to RegExp. It may take the time of RE2 only, and one out of a request could still take much of that. */
function linearMatch (source: string, receiver: ASTNode, [argument]: readonly ASTNode[], pointer: string): Edit {
  walk(argument!, node => {
    if (node.op === 'id' && VARIABLES.has(node.args)) throw new ConfigError('GW_CONFIG_EXPRESSION', pointer, `a pattern of matches cannot come out of ${node.args}`)
    if (node === argument && node.op === 'value') pattern(String(node.args), pointer)
  })
  const dot = after(source, receiver)
  const start = source.indexOf('matches', after(source, { end: dot + 1 }))
  return { start, end: start + 'matches'.length, text: 'linearMatches' }
}

/** Where the operator that follows an operand begins. */
function after (source: string, { end }: Pick<ASTNode, 'end'>): number {
  GAP.lastIndex = end
  GAP.test(source)
  return GAP.lastIndex
}
