import type { Body } from './body.ts'
import type { BodyCopy } from './body-copy.ts'

/** A request body that is all there: for requests that no client sends at this moment. Null: there is none. */
export function heldBody (bytes: Uint8Array | null): Body {
  return new HeldBody(bytes)
}

class HeldBody implements Body {
  present: boolean
  length: number | null
  held: Uint8Array | null
  companions: object[] | null = null
  readonly awaitsClient = false
  readonly replayable = true
  readonly sendable = true

  constructor (bytes: Uint8Array | null) {
    this.present = bytes !== null
    this.held = bytes
    this.length = bytes?.byteLength ?? null
  }

  get outgoingLength (): number | null { return this.held?.byteLength ?? null }

  hold (maxBytes: number): Promise<Uint8Array | null> {
    const held = this.held ?? new Uint8Array()
    return Promise.resolve(held.byteLength <= maxBytes ? held : null)
  }

  copy (maxBytes: number): BodyCopy {
    const held = this.held ?? new Uint8Array()
    let kept = held.byteLength <= maxBytes ? held : held.subarray(0, maxBytes)
    return {
      state: held.byteLength <= maxBytes ? 'whole' : 'over',
      size: held.byteLength,
      bytes: () => kept,
      settled: told => { told() },
      release: () => { kept = new Uint8Array() }
    }
  }

  replace (bytes: Uint8Array): void {
    this.held = bytes
    this.present = true
  }

  limit (): void {}

  outgoing (): Uint8Array | null {
    return this.held !== null && this.held.byteLength > 0 ? this.held : null
  }
}
