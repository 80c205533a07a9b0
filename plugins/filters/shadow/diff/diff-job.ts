import type { Difference, NotCompared } from '../comparison.ts'
import type { Allowance } from './budget.ts'
import { compareBodies, type BodyPair } from './compare-bodies.ts'
import { compareRules, type CompareRules } from './compare-rules.ts'
import type { CompareConfig } from './compare-schema.ts'
import { Findings } from './findings.ts'
import { reasonOf } from './reason-of.ts'

/** What the other thread is told. */
export interface DiffJob { readonly config: CompareConfig, readonly bodies: BodyPair, readonly allowance: Omit<Allowance, 'slice'> }

/** What it found. */
export interface DiffFound { readonly differences: readonly Difference[], readonly reason: NotCompared | null }

const KEPT = 16
const known = new Map<string, CompareRules>()

/** Compares two bodies away from the loop that serves requests. */
export default function diffJob ({ config, bodies, allowance }: DiffJob): DiffFound {
  const findings = new Findings()
  const reason = reasonOf(() => { compareBodies(bodies, compiled(config), findings, { ...allowance, slice: null }) })
  return { differences: findings.all(), reason: reason === 'slice' ? 'timeout' : reason }
}

/** The threads outlive configurations; the oldest make room. */
function compiled (config: CompareConfig): CompareRules {
  const key = JSON.stringify(config)
  const rules = known.get(key) ?? compareRules(config, '')
  if (known.size === KEPT && !known.has(key)) known.delete(known.keys().next().value!)
  known.set(key, rules)
  return rules
}
