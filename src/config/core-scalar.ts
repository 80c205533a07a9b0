import type { Scalar } from './tree.ts'

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map(word => [word, null] as const),
  ...['true', 'True', 'TRUE'].map(word => [word, true] as const),
  ...['false', 'False', 'FALSE'].map(word => [word, false] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(word => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map(word => [word, -Infinity] as const),
  ...['.nan', '.NaN', '.NAN'].map(word => [word, NaN] as const)
])

/** What an unquoted text is in the core schema (YAML 1.2.2 10.3.2). */
export function coreScalar (text: string): Scalar {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  const isNumber = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(text) || /^0(o[0-7]+|x[0-9a-fA-F]+)$/.test(text)
  return isNumber ? Number(text) : text
}
