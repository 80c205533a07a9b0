import { ConfigError, pattern, rewrite, type Rewrite } from '../../../../src/contract/index.ts'
import { checkPaths } from './check-paths.ts'
import type { CompareConfig } from './compare-schema.ts'
import { PathRule, type Marks, type RuleTree, type Tolerance } from './path-rule.ts'
import { pointerNames } from './pointer-names.ts'

/** What takes the place of whatever fits a mask. */
const STRUCK_OUT = '***'

/** A config, compiled. */
export interface CompareRules {
  readonly sameStatus: (live: number, other: number) => boolean
  /** In lower case. */
  readonly headers: readonly string[]
  readonly timesMs: number
  /** Strikes out what fits a mask. */
  readonly mask: Rewrite
  /** How many masks there are. */
  readonly masks: number
  /** What holds at the top of a JSON document. */
  readonly root: PathRule
}

/** Compiles a config; ConfigError under `pointer` for a rule that is wrong or without effect. */
export function compareRules (config: CompareConfig, pointer: string): CompareRules {
  const { status, headers, times, masks = [] } = config
  checkPaths(config, pointer)
  checkLimits(config, pointer)
  return {
    sameStatus: status === 'exact' ? (a, b) => a === b : sameClass,
    headers: headers.map((name, i) => unique(name.toLowerCase(), headers, i, pointer)),
    timesMs: times,
    mask: masking(masks, `${pointer}/masks`),
    masks: masks.length,
    root: new PathRule([tree(config)])
  }
}

/** Whether two statuses are of one class (RFC 9110 15). */
export const sameClass = (a: number, b: number): boolean => Math.floor(a / 100) === Math.floor(b / 100)

/** What it takes to look for the masks in so many characters, in units of Budget. */
export const maskingWork = (characters: number, { masks }: CompareRules): number => masks * characters >> 1

function checkLimits ({ maxBytes, slice }: CompareConfig, pointer: string): void {
  if (maxBytes < 1 || maxBytes > 16 * 1024 ** 2) throw new ConfigError('GW_CONFIG_INVALID', `${pointer}/maxBytes`, 'expected a size from 1B to 16MiB')
  if (slice > 50) throw new ConfigError('GW_CONFIG_INVALID', `${pointer}/slice`, 'expected a duration from 1ms to 50ms: all requests wait meanwhile')
}

function unique (name: string, headers: readonly string[], i: number, pointer: string): string {
  if (headers.findIndex(other => other.toLowerCase() === name) === i) return name
  throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/headers/${i}`, `${name} is there already`)
}

function masking (masks: readonly string[], pointer: string): Rewrite {
  const all = masks.map((source, i) => {
    const at = `${pointer}/${i}`
    if (pattern(source, at).finds('')) throw new ConfigError('GW_CONFIG_INVALID', at, 'expected a pattern that does not fit where there is nothing')
    return rewrite(source, STRUCK_OUT, { regexp: at, replacement: at })
  })
  return text => all.reduce(maskedBy, text)
}

/** Where a pattern fits so often that it would take too long, the text stays: two texts are then taken for different (and no text as long as that is ever shown). */
function maskedBy (text: string, mask: Rewrite): string {
  try {
    return mask(text)
  } catch {
    return text
  }
}

function tree ({ ignore = [], unordered = [], typeOnly = [], plain = [], numeric = {} }: CompareConfig): RuleTree {
  const { paths = {}, ...everywhere } = numeric
  const root: RuleTree = { marks: {}, children: new Map() }
  const mark = (pointers: readonly string[], marks: Marks) => { for (const pointer of pointers) Object.assign(at(root, pointer).marks, marks) }
  if (numeric.absolute !== undefined || numeric.relative !== undefined) mark([''], { tolerance: tolerance(everywhere) })
  for (const [pointer, own] of Object.entries(paths)) mark([pointer], { tolerance: tolerance(own) })
  mark(ignore, { ignored: true })
  mark(unordered, { unordered: true })
  mark(typeOnly, { typeOnly: true })
  mark(plain, { plain: true })
  return root
}

const tolerance = ({ absolute = 0, relative = 0 }: { absolute?: number, relative?: number }): Tolerance => ({ absolute, relative })

function at (root: RuleTree, pointer: string): RuleTree {
  let tree = root
  for (const name of pointerNames(pointer)) {
    const below = tree.children.get(name) ?? { marks: {}, children: new Map<string, RuleTree>() }
    tree.children.set(name, below)
    tree = below
  }
  return tree
}
