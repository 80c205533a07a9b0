import { AsideError, type Services } from '../../../../src/contract/index.ts'
import type { Answer } from '../answer.ts'
import type { Comparer, Comparison, NotCompared } from '../comparison.ts'
import { bodyPair } from './body-pair.ts'
import type { Allowance } from './budget.ts'
import { compareBodies, type BodyPair, type CodedBody } from './compare-bodies.ts'
import { compareHeaders, compareStatus } from './compare-heads.ts'
import { compareRules } from './compare-rules.ts'
import { COMPARE, type CompareConfig } from './compare-schema.ts'
import type { DiffFound, DiffJob } from './diff-job.ts'
import { Findings } from './findings.ts'
import { reasonOf } from './reason-of.ts'

/** Bodies that are larger together go to another thread: to read and compare them would take more than a millisecond. */
const AT_ONCE = 32 * 1024
const JOB_TIMEOUT_MS = 2000
const JOB = import.meta.resolve('./diff-job.ts')

/** Makes a comparer of answers. Throws ConfigError under `pointer` for a rule that is wrong or without effect. The comparer itself neither throws nor rejects. */
export function comparer (config: CompareConfig, services: Pick<Services, 'aside' | 'clock'>, pointer: string): Comparer {
  const rules = compareRules(config, pointer)
  const job = jobs(config, services)
  const { maxBytes, nodes, depth, slice } = config
  const atOnce: Allowance = { nodes, depth, maxBytes: Math.min(AT_ONCE, maxBytes), slice: { ms: slice, clock: services.clock } }

  const compare = (live: Answer, other: Answer, findings: Findings): BodyPair | NotCompared | null => {
    if (live.status === 0 && other.status === 0) return 'no-answer'
    if (!compareStatus(live, other, rules, findings)) return null
    compareHeaders(live, other, rules, findings)
    return bodyPair(live, other, maxBytes, findings)
  }
  const compareBoth = (pair: BodyPair, findings: Findings): Comparison | Promise<Comparison> => {
    if (isLarge(pair)) return job(pair, findings)
    // What is found before the slice is used up is found again
    const found = new Findings()
    const reason = reasonOf(() => { compareBodies(pair, rules, found, atOnce) })
    if (reason === 'slice' || (reason === 'too-large' && maxBytes > AT_ONCE)) return job(pair, findings)
    return comparison(merged(findings, found.all()), reason)
  }
  return (live, other) => {
    const findings = new Findings()
    try {
      const pair = compare(live, other, findings)
      return pair === null || typeof pair === 'string' ? comparison(findings, pair) : compareBoth(pair, findings)
    } catch {
      return comparison(findings, 'failed')
    }
  }
}

/** The comparison of bodies by another thread. */
function jobs (config: CompareConfig, { aside }: Pick<Services, 'aside'>): (pair: BodyPair, findings: Findings) => Promise<Comparison> {
  // Without the keys of others, which may be no data
  const own = Object.fromEntries(Object.entries(config).filter(([key]) => Object.hasOwn(COMPARE, key))) as CompareConfig
  const { nodes, depth, maxBytes } = own
  return async ({ live, other, family }, findings) => {
    const bodies = { live: alone(live), other: alone(other), family }
    try {
      const found = await aside.run<DiffJob, DiffFound>(JOB, { config: own, bodies, allowance: { nodes, depth, maxBytes } }, { timeoutMs: JOB_TIMEOUT_MS })
      return comparison(merged(findings, found.differences), found.reason)
    } catch (error) {
      return comparison(findings, error instanceof AsideError ? error.fault : 'failed')
    }
  }
}

/** A copy would otherwise be one of the whole buffer that the bytes are a part of, with what others said. */
const alone = ({ bytes, codings }: CodedBody): CodedBody => ({ bytes: bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes), codings })

function merged (findings: Findings, differences: DiffFound['differences']): Findings {
  for (const { path, kind, live, shadow } of differences) findings.add(path, kind, () => [live, shadow])
  return findings
}

function comparison (findings: Findings, reason: NotCompared | null): Comparison {
  const differences = findings.all()
  if (differences.length > 0) return { verdict: 'different', reason: null, differences }
  return { verdict: reason === null ? 'equal' : 'skipped', reason, differences }
}

const isLarge = ({ live, other }: BodyPair): boolean => live.bytes.length + other.bytes.length > AT_ONCE && Buffer.compare(live.bytes, other.bytes) !== 0
