import { hash } from 'node:crypto'
import type { Exchange, RequestKey } from '../../../src/contract/index.ts'

/** The hash in the store that holds everything one request has read. */
export const snapshotKey = (requestId: string): string => `snapshot:${requestId}`

/** Which of the calls made for a request this is: the name of its field. */
export class Question {
  readonly #name: string
  readonly #callerOf: RequestKey | null

  constructor (name: string, { caller }: { readonly caller: 'same' | 'any' }, principalKey: RequestKey) {
    this.#name = name
    this.#callerOf = caller === 'same' ? principalKey : null
  }

  /** `call stock GET gateway.internal/stock/7?unit=kg`: as it was asked, before any filter. A caller and a body are added as digests. */
  field (x: Exchange, body: Uint8Array | null): string {
    const { method, host, originalPath, originalQuery } = x
    const query = originalQuery === '' ? '' : `?${originalQuery}`
    const caller = this.#callerOf?.(x) ?? ''
    return `call ${this.#name} ${method} ${host}${originalPath}${query}${digest(' body=', body)}${digest(' caller=', caller === '' ? null : caller)}`
  }
}

const digest = (label: string, what: string | Uint8Array | null): string => what === null ? '' : `${label}${hash('sha256', what, 'base64url')}`
