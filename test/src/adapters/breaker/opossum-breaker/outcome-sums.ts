import type { OutcomeWindow } from '../../../../../src/adapters/breaker/outcome-window.ts'

/** What a window says of the calls that count. */
export const sumsOf = ({ calls, failures, slow }: OutcomeWindow) => ({ calls, failures, slow })

/** What it should say. */
export const sum = (ended: readonly { failed: boolean, slow: boolean }[]) =>
  ({ calls: ended.length, failures: ended.filter(({ failed }) => failed).length, slow: ended.filter(({ slow }) => slow).length })
