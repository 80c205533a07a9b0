/** The live service has not stored what the shadow wanted to read, or not in time. */
export class SnapshotMissing extends Error {
  override readonly name = 'SnapshotMissing'
  /** What the value is called. */
  readonly value: string

  constructor (value: string, options?: ErrorOptions) {
    super(`the live request has left no snapshot of "${value}"`, options)
    this.value = value
  }
}
