import type { StaticDecode } from 'typebox'
import { Config, ConfigError, List, Percentage, Timeout, Type } from '../../../../src/contract/index.ts'

/** The config of a ramp: its stages, the smallest first. */
export const StagesSchema = List(Config({
  percent: Percentage({ description: 'The share of requests that is mirrored in this stage; more than in the stage before.' }),
  hold: Timeout({ default: '5m', description: 'No sooner than after so long does the next stage begin. In the last stage: for how long answers count.' }),
  minSamples: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 100, description: 'Nor with fewer comparisons than this, of all gateways together.' }),
  maxDifference: Percentage({ default: '1%', description: 'The share of comparisons that may differ.' }),
  maxErrors: Percentage({ default: '1%', description: 'How much more of the requests may fail at the shadow than live: `1%` allows 3% where live has 2%.' }),
  maxP99: Type.Number({ minimum: 0.1, maximum: 1000, default: 1.5, description: 'How many times as long as live the shadow may take, at the 99th percentile; what takes less than 1 ms counts as 1 ms.' })
}), { description: 'Stages of a ramp that goes up by itself while all gates of a stage hold, and down by itself when one is broken.' })

/** One stage, read: shares from 0 to 1, `hold` in milliseconds. */
export type Stage = StaticDecode<typeof StagesSchema>[number]

/** Throws ConfigError below `pointer` where a stage is no more than the one before. */
export function checkStages (stages: readonly Stage[], pointer: string): void {
  for (const [i, { percent }] of stages.entries()) {
    if (percent > (stages[i - 1]?.percent ?? 0)) continue
    throw new ConfigError('GW_CONFIG_INVALID', `${pointer}/${i}/percent`, i === 0 ? 'expected more than 0%' : 'expected more than in the stage before')
  }
}
