import type { ErrorCode } from '../../../../src/contract/index.ts'
import type { Answer } from '../answer.ts'
import { pairEvidence } from './evidence.ts'
import type { Judge } from './judge.ts'
import type { ErrorsView, Finding, LedgerView } from './ledger-view.ts'
import { tally } from './tally.ts'

/** How often live and shadow fail at the same requests, and whether the shadow does so more often beyond chance. */
export class LegErrors {
  #pairs = 0
  #onlyLive = 0
  #onlyShadow = 0
  #both = 0
  readonly #liveCodes = new Map<ErrorCode, number>()
  readonly #shadowCodes = new Map<ErrorCode, number>()

  get pairs (): number { return this.#pairs }

  record (live: Answer, shadow: Answer): void {
    this.#pairs++
    const liveFailed = failed(live, this.#liveCodes)
    const shadowFailed = failed(shadow, this.#shadowCodes)
    if (liveFailed && shadowFailed) this.#both++
    else if (liveFailed) this.#onlyLive++
    else if (shadowFailed) this.#onlyShadow++
  }

  view (): LedgerView['errors'] {
    return {
      live: viewOf(this.#both + this.#onlyLive, this.#pairs, this.#liveCodes),
      shadow: viewOf(this.#both + this.#onlyShadow, this.#pairs, this.#shadowCodes)
    }
  }

  /** One, or none where the shadow fails no more often. */
  findings (judge: Judge): Finding[] {
    const raw = tally(this.#both + this.#onlyShadow, this.#pairs)
    const noise = tally(this.#both + this.#onlyLive, this.#pairs)
    const effect = judge.effect(raw.rate, noise.rate)
    if (!effect.counts) return []
    return [{ path: 'errors', kind: 'error-rate', raw, noise, ...judge.decide(effect, pairEvidence(this.#onlyShadow, this.#onlyLive)), samples: [] }]
  }
}

function failed ({ code, status }: Answer, codes: Map<ErrorCode, number>): boolean {
  if (code !== null) codes.set(code, (codes.get(code) ?? 0) + 1)
  return code !== null || status >= 500
}

const viewOf = (count: number, of: number, codes: ReadonlyMap<ErrorCode, number>): ErrorsView =>
  ({ ...tally(count, of), codes: Object.fromEntries(codes) })
