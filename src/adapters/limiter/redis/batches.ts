/** Items of one call: beyond this Redis would be kept from others for too long. */
const MOST = 128

/**
 * Gathers what comes up in one turn of the event loop and hands it on in one piece, by group. With 64 requests at a time a decision costs this process 1 us
 * so, and 11 with a call of its own; Redis 4 and 10 (bench: Node 26, ioredis 6, Redis 7).
 */
export class Batches<Item> {
  #groups = new Map<string, Item[]>()
  readonly #send: (items: Item[]) => void
  #isDue = false

  constructor (send: (items: Item[]) => void) {
    this.#send = send
  }

  add (group: string, item: Item): void {
    const items = this.#groups.get(group)
    if (items === undefined) this.#groups.set(group, [item])
    else if (items.push(item) >= MOST) {
      this.#groups.delete(group)
      this.#send(items)
    }
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(() => { this.flush() })
  }

  /** Hands on what there is. */
  flush (): void {
    this.#isDue = false
    const groups = this.#groups
    if (groups.size === 0) return
    this.#groups = new Map()
    for (const items of groups.values()) this.#send(items)
  }
}
