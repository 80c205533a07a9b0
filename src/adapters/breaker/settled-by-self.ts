type Told = ((value: unknown) => void) | null | undefined

/** What opossum takes for the promise of a call. It is settled at once and not a turn later, so that `success` is told before the `close` that it leads to. */
export class SettledBySelf implements PromiseLike<unknown> {
  #succeeded: Told
  #failed: Told

  then (succeeded?: Told, failed?: Told): never {
    this.#succeeded = succeeded
    this.#failed = failed
    return this as never
  }

  catch (failed: Told): never {
    this.#failed = failed
    return this as never
  }

  resolve (value: unknown): void {
    this.#succeeded?.(value)
  }

  reject (error: unknown): void {
    this.#failed?.(error)
  }
}
