/** How the calls that count have ended: sums that are kept as calls come and go, so that asking costs nothing. */
export interface OutcomeWindow {
  readonly calls: number
  readonly failures: number
  /** Failures that were slow are among both. */
  readonly slow: number
  add(failed: boolean, slow: boolean): void
  /** Lets go of what is too old by now; `add` has done so already. */
  age(): void
  clear(): void
}
