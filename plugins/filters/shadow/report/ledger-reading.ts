import { Type, type ErrorCode } from '../../../../src/contract/index.ts'
import type { NotCompared } from '../comparison.ts'
import type { Finding } from '../ledger/ledger-view.ts'
import type { Reason } from '../outcome.ts'

const Count = Type.Integer({ minimum: 0 })
const Share = Type.Number({ minimum: 0, maximum: 1 })
const MaybeNumber = Type.Union([Type.Number(), Type.Null()], { 'x-expects': 'a number or null' })
/** Another version may know more of these words. */
const counts = <K extends string>() => Type.Unsafe<Readonly<Partial<Record<K, number>>>>(Type.Record(Type.String(), Count, { 'x-expects': 'a map of numbers' }))

const Tally = Type.Object({ count: Count, rate: Share })
const Errors = Type.Object({ count: Count, rate: Share, codes: counts<ErrorCode>() })
const Latency = Type.Object({ count: Count, meanMs: MaybeNumber, p50Ms: MaybeNumber, p90Ms: MaybeNumber, p95Ms: MaybeNumber, p99Ms: MaybeNumber })

const FindingSchema = Type.Object({
  path: Type.String(),
  kind: Type.Unsafe<Finding['kind']>(Type.String()),
  raw: Tally,
  noise: Tally,
  relative: Type.Number(),
  absolute: Type.Number(),
  confidence: MaybeNumber,
  verdict: Type.Enum(['difference', 'undecided', 'noise']),
  samples: Type.Array(Type.Object({ requestId: Type.String(), time: Type.String(), live: Type.String(), shadow: Type.String(), path: Type.Optional(Type.String()) }))
})

/** A ledger as it comes out of a file or from a gateway, of any version that can be read. */
export const LedgerReading = Type.Object({
  version: Type.Literal(1),
  shadow: Type.String(),
  since: Type.String(),
  until: Type.String(),
  verdict: Type.Enum(['different', 'undecided', 'equal', 'empty']),
  pairs: Count,
  compared: Count,
  equal: Count,
  noise: Count,
  undecided: Count,
  different: Count,
  skipped: counts<NotCompared>(),
  failed: counts<Reason>(),
  differing: Share,
  unexplained: Share,
  noiseComparisons: Count,
  comparedBlind: Count,
  errors: Type.Object({ live: Errors, shadow: Errors }),
  latency: Type.Object({ live: Latency, shadow: Latency, ratio: Type.Object({ p50: MaybeNumber, p95: MaybeNumber, p99: MaybeNumber }) }),
  report: Type.Object({ relative: Share, absolute: Share, confidence: Share }),
  differences: Type.Array(FindingSchema)
})
