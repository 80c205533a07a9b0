import { claimReader, keyKind, requestKey, type Exchange, type Expressions } from '../../../../src/contract/index.ts'
import type { SegmentConfig } from './sample-schema.ts'

/** Whether a request belongs. May throw GatewayError GW_EXPRESSION_FAILED. */
export type Segment = (x: Exchange) => boolean

/** Compiles one. ConfigError below `pointer` where an expression is wrong. */
export function segment ({ by, in: values }: SegmentConfig, expressions: Expressions, pointer: string): Segment {
  const belonging: ReadonlySet<unknown> = new Set(values)
  if (typeof by === 'object' && 'header' in by) return headerSegment(by.header.toLowerCase(), belonging)
  if (typeof by === 'object' && 'claim' in by) return claimSegment(by.claim, belonging)
  // Their keys name the issuer as well, which nobody would write in a list
  if (keyKind(by) === 'principal') return x => belonging.has(x.principal?.subject)
  if (keyKind(by) === 'client') return x => belonging.has(x.principal?.client)
  const key = requestKey(by, expressions, `${pointer}/by`)
  return x => belonging.has(key(x))
}

/** The field as a whole, or one member of it as a list (RFC 9110 5.6.1). */
const headerSegment = (name: string, belonging: ReadonlySet<unknown>): Segment => x => {
  const value = x.headers.get(name)
  if (value === undefined) return false
  return belonging.has(value) || (value.includes(',') && value.split(',').some(member => belonging.has(member.trim())))
}

function claimSegment (name: string, belonging: ReadonlySet<unknown>): Segment {
  const read = claimReader(name)
  return ({ principal }) => {
    const value = principal === null ? undefined : read(principal.claims)
    return Array.isArray(value) ? value.some(one => belonging.has(asText(one))) : belonging.has(asText(value))
  }
}

/** As a route file writes it. */
const asText = (value: unknown): unknown => typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
