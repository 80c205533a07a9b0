/** Work that can be given up. An object and not a callback: closures made for each request cost more than its headers. */
export interface Abortable { abort(reason: Error): void }

/** A part of the work on an exchange that ends as one, with all that was begun in it. The outermost is the exchange itself. */
export class CallScope implements Abortable {
  readonly #outer: CallScope | null
  #controller: AbortController | null = null
  #aborted: Error | null = null
  #closed = false
  /** One needs no list, and most have no more. */
  #waiting: Abortable | Abortable[] | null = null

  constructor (outer: CallScope | null = null) {
    this.#outer = outer
    outer?.add(this)
  }

  /** Why it was given up, or null. */
  get aborted (): Error | null { return this.#aborted }

  /** Made on first use: most exchanges need none. */
  get signal (): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#aborted)
    }
    return this.#controller.signal
  }

  /** The innermost around it that is still open; the outermost is its own. */
  get around (): CallScope {
    let around = this.#outer ?? this
    while (around.#closed) around = around.#outer!
    return around
  }

  /** Whether it is `scope`, or was opened inside of it. */
  isWithin (scope: CallScope): boolean {
    for (let one: CallScope | null = this; one !== null; one = one.#outer) if (one === scope) return true
    return false
  }

  abort (reason: Error): void {
    if (this.#aborted) return
    this.#aborted = reason
    this.#controller?.abort(reason)
    const waiting = this.#waiting
    this.#waiting = null
    if (Array.isArray(waiting)) for (const one of waiting) one.abort(reason)
    else waiting?.abort(reason)
  }

  /** Aborted with the scope; at once where that is over already. */
  add (one: Abortable): void {
    if (this.#aborted) one.abort(this.#aborted)
    else if (this.#waiting === null) this.#waiting = one
    else if (Array.isArray(this.#waiting)) this.#waiting.push(one)
    else this.#waiting = [this.#waiting, one]
  }

  /** No longer aborted with the scope, nor with one around it. */
  remove (one: Abortable): void {
    for (let scope: CallScope | null = this; scope !== null; scope = scope.#outer) scope.#replace(one, null)
  }

  /** Leaves what is still under way to the scope around it. Once is enough. */
  close (): void {
    if (this.#outer === null) throw new TypeError('the exchange itself is not closed')
    if (this.#closed) return
    this.#closed = true
    const left = this.#waiting
    this.#waiting = null
    this.around.#replace(this, this.#listened(left))
  }

  /** Whoever waits on its signal still hears of the end of all. */
  #listened (left: Abortable | Abortable[] | null): Abortable | Abortable[] | null {
    if (this.#controller === null || this.#aborted) return left
    return left === null ? this : [left, this].flat()
  }

  #replace (one: Abortable, by: Abortable | Abortable[] | null): void {
    const waiting = this.#waiting
    if (waiting === one) this.#waiting = by
    else if (Array.isArray(waiting)) this.#waiting = waiting.flatMap(other => other === one ? by ?? [] : other)
  }
}
