import type { Budget } from './budget.ts'
import { maskingWork, type CompareRules } from './compare-rules.ts'
import type { Findings } from './findings.ts'

/** Compares two texts line by line; the samples say which line is the first that differs. Masks fit within a line. */
export function compareText (live: string, other: string, rules: CompareRules, findings: Findings, budget: Budget): void {
  const [was, is] = [live.split('\n'), other.split('\n')]
  const both = Math.min(was.length, is.length)
  let place = 0
  while (place < both && sameLine(was[place]!, is[place]!, rules, budget)) place++
  if (place < both || was.length !== is.length) findings.add('body', 'text', () => [line(was, place), line(is, place)])
}

function sameLine (live: string, other: string, rules: CompareRules, budget: Budget): boolean {
  budget.spend(1 + (live.length >> 4))
  if (live === other) return true
  budget.spend(maskingWork(live.length + other.length, rules))
  return rules.masks > 0 && rules.mask(live) === rules.mask(other)
}

const line = (lines: readonly string[], place: number): string =>
  place < lines.length ? `line ${place + 1} of ${lines.length}, string(${lines[place]!.length})` : `ends after ${lines.length} lines`
