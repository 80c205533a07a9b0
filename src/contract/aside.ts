/** Why work beside the loop came to nothing. */
export type AsideFault = 'busy' | 'timeout' | 'failed'

/** Rejection of work done aside. */
export class AsideError extends Error {
  override readonly name = 'AsideError'
  readonly fault: AsideFault

  constructor (fault: AsideFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.fault = fault
  }
}

/** Work that takes longer than the loop that serves requests may wait: another thread does it. Bounded in time, in memory and in how much waits. */
export interface Aside {
  /**
   * Calls the default export of a module with `input` and resolves with what it gives, both by structured clone. Rejects with AsideError. `module`: `import.meta.resolve` of a file
   * beside the caller; its extension is put right for the built package.
   */
  run<I, O>(module: string, input: I, options: { readonly timeoutMs: number }): Promise<O>
}
