import { AsideError, type Aside } from '../../../../../src/contract/aside.ts'
import { validate } from '../../../../../src/contract/validate.ts'
import { HeaderList } from '../../../../../src/contract/header-list.ts'
import type { Answer } from '../../../../../plugins/filters/shadow/answer.ts'
import type { Comparer, Comparison } from '../../../../../plugins/filters/shadow/comparison.ts'
import { comparer } from '../../../../../plugins/filters/shadow/diff/comparer.ts'
import { CompareSchema, type CompareConfig } from '../../../../../plugins/filters/shadow/diff/compare-schema.ts'
import diffJob, { type DiffJob } from '../../../../../plugins/filters/shadow/diff/diff-job.ts'
import { fakeClock } from '../../../../../src/testing/index.ts'

/** Does the work at once, by structured clone as another thread would. */
export interface InlineAside extends Aside { jobs: { module: string, input: DiffJob }[], fault: Error | null }

/** Makes one that has done nothing. */
export function inlineAside (): InlineAside {
  const jobs: InlineAside['jobs'] = []
  return {
    jobs,
    fault: null,
    async run<I, O> (module: string, input: I): Promise<O> {
      if (this.fault) throw this.fault
      const cloned = structuredClone(input) as DiffJob
      jobs.push({ module, input: cloned })
      return structuredClone(diffJob(cloned)) as O
    }
  }
}

export const refusing = (fault: 'busy' | 'timeout' | 'failed'): InlineAside => Object.assign(inlineAside(), { fault: new AsideError(fault, fault) })

/** A comparer with its config as written in YAML. Throws the first ConfigError. */
export function mounted (config: unknown = {}, aside: Aside = inlineAside(), clock = fakeClock()): Comparer {
  const { value, faults } = validate(CompareSchema, config)
  if (faults[0]) throw faults[0]
  return comparer(value as CompareConfig, { aside, clock }, '/compare')
}

/** An answer, JSON unless it says something else. */
export function answer (body: unknown, over: Partial<Omit<Answer, 'headers'>> & { headers?: Record<string, string> } = {}): Answer {
  const { headers = { 'content-type': 'application/json' }, ...rest } = over
  return { status: 200, headers: HeaderList.from(headers), body: bytesOf(body), extent: 'whole', code: null, headMs: 1, ...rest }
}

const bytesOf = (body: unknown): Uint8Array | null => body === null || body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))

/** `kind path` of each difference of two JSON bodies, in order of the alphabet. */
export async function named (live: unknown, other: unknown, config: unknown = {}): Promise<string[]> {
  return names(await mounted(config)(answer(live), answer(other)))
}

/** `kind path` of each difference. */
export const names = ({ differences }: Comparison): string[] => differences.map(({ path, kind }) => `${kind} ${path}`).sort()
