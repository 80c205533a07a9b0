import { Type } from '../../../../src/contract/index.ts'
import type { Gate } from '../stages/gates.ts'
import type { StageState, Transition } from '../stages/ramp-state.ts'

const Count = Type.Integer({ minimum: 0 })
const MaybeNumber = Type.Union([Type.Number(), Type.Null()], { 'x-expects': 'a number or null' })
const MaybeText = Type.Union([Type.String(), Type.Null()], { 'x-expects': 'text or null' })

/** A ramp as it comes out of a file or from a gateway. Another version may know more states, gates and moves. */
export const RampReading = Type.Object({
  state: Type.Unsafe<StageState>(Type.String()),
  stage: Type.Union([Count, Type.Null()], { 'x-expects': 'a whole number or null' }),
  stages: Count,
  percent: Type.Number(),
  since: MaybeText,
  reason: Type.String(),
  waitMs: MaybeNumber,
  totals: Type.Object({ samples: Count, different: Count, shadowFailed: Count, liveFailed: Count, shadowP99Ms: MaybeNumber, liveP99Ms: MaybeNumber }),
  gates: Type.Array(Type.Object({ name: Type.Unsafe<Gate['name']>(Type.String()), value: MaybeNumber, limit: Type.Number(), pass: Type.Boolean(), broken: Type.Boolean() })),
  failures: Type.Array(Count),
  history: Type.Array(Type.Object({ at: Type.String(), move: Type.Unsafe<Transition['move']>(Type.String()), stage: Type.Integer(), reason: Type.String() })),
  shared: Type.Boolean(),
  storeDown: Type.Boolean()
})
