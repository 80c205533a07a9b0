import { Config, Percentage, Type } from '../../../../src/contract/index.ts'

/** The keys of `compare` that say how differences are counted, and when they are reported. */
export const LEDGER = {
  samples: Type.Integer({ minimum: 0, maximum: 20, default: 20, description: 'How many masked samples of a difference are kept for each path.' }),
  paths: Type.Integer({ minimum: 1, maximum: 10_000, default: 1000, description: 'How many paths are counted, each by kind of difference; what differs at more is counted under `other`.' }),
  report: Config({
    relative: Percentage({ default: '20%', description: 'A path is reported only where the share of differing answers and that of noise differ by more than this share of their sum.' }),
    absolute: Percentage({ default: '0.03%', description: 'And only where it differs in more than this share of the answers beyond its noise.' })
  }, { default: {}, description: 'What is too little to report.' }),
  confidence: Percentage({
    pattern: '^[0-9]{1,2}(\\.[0-9]{1,9})?%$',
    'x-expects': 'a percentage below 100%, such as 99.9%',
    default: '99.9%',
    description: 'How sure it must be that nothing at all is reported by chance, over all paths and however often the report is read.'
  }),
  noise: Config({
    replay: Percentage({ default: '1%', description: 'Share of the safe requests that the live version is asked twice, to learn what differs by itself; `0%` for never. Not used where a secondary of the live version is compared.' })
  }, { default: {}, description: 'How noise is learned: what differs between two answers of the same version.' })
}

/** The same, read, as far as the ledger wants it. */
export interface LedgerOptions {
  readonly samples: number
  readonly paths: number
  /** Shares, 0 to 1. */
  readonly report: { readonly relative: number, readonly absolute: number }
  readonly confidence: number
}
