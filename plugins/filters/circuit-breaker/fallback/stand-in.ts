import type { Exchange, Fallback, Reply } from '../../../../src/contract/index.ts'

/** Answers in the place of an upstream. */
export interface StandIn {
  readonly kind: Fallback['kind']
  /** Null where it has no answer; one with a code is none either. */
  answer(x: Exchange): Reply | null | Promise<Reply>
}
