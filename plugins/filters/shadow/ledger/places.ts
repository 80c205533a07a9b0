import type { DifferenceKind } from '../comparison.ts'
import { KeptSamples, type Allowance } from './kept-samples.ts'
import type { Finding } from './ledger-view.ts'
import { cut, shortened } from './own-text.ts'

/** One path and kind of difference, and how often it was met. */
export interface Place {
  readonly path: string
  readonly kind: Finding['kind']
  readonly samples: KeptSamples
  /** In how many comparisons of live and shadow. */
  raw: number
  /** In how many of live and live. */
  noise: number
  /** In how many of live and shadow it was what spoke most for a difference: so each pair counts at one place. */
  led: number
  /** The last comparison that it was counted in: what was cut to the same path counts once. */
  comparison: number
}

/** The places where answers differ: as many as may be, and one for all others. */
export class Places {
  readonly #byKind = new Map<DifferenceKind, Map<string, Place>>()
  readonly #samples: number
  readonly #allowance: Allowance
  #other: Place | null = null

  /** `samples` of each place; `allowance` is shared with other places of the same ledger. */
  constructor (samples: number, allowance: Allowance) {
    this.#samples = samples
    this.#allowance = allowance
  }

  at (path: string, kind: DifferenceKind): Place {
    // Two maps, because a key made of both would be a new text each time
    const paths = this.#byKind.get(kind) ?? new Map<string, Place>()
    if (paths.size === 0) this.#byKind.set(kind, paths)
    const key = shortened(path)
    const known = paths.get(key)
    if (known !== undefined) return known
    if (this.#allowance.places <= 0) {
      this.#other ??= this.#place('other', 'other')
      return this.#other
    }
    this.#allowance.places--
    const place = this.#place(cut(key), kind)
    paths.set(place.path, place)
    return place
  }

  all (): Place[] {
    const places = [...this.#byKind.values()].flatMap(paths => [...paths.values()])
    return this.#other === null ? places : [...places, this.#other]
  }

  #place (path: string, kind: Place['kind']): Place {
    return { path, kind, samples: new KeptSamples(this.#samples, this.#allowance, kind === 'other'), raw: 0, noise: 0, led: 0, comparison: 0 }
  }
}
