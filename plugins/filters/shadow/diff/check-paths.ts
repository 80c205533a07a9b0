import { ConfigError, escapePointer } from '../../../../src/contract/index.ts'
import { POINTER, type CompareConfig } from './compare-schema.ts'
import { pointerNames } from './pointer-names.ts'

/** One path of the config, and where it stands there. */
interface Written { readonly names: readonly string[], readonly pointer: string }

const pointerForm = new RegExp(POINTER, 'u')

const LISTS = ['ignore', 'typeOnly', 'unordered', 'plain'] as const

/** Throws ConfigError for a path that another takes the effect from. */
export function checkPaths (config: CompareConfig, pointer: string): void {
  const [ignore, typeOnly, ...others] = LISTS.map(key => written(config[key], `${pointer}/${key}`))
  const numbers = tolerances(config, pointer)
  for (const list of [ignore!, typeOnly!, ...others]) checkAmong(list)
  for (const path of [...typeOnly!, ...others.flat(), ...numbers]) refuseUnder(path, ignore!, 'nothing is compared there: an entry of `ignore` covers it')
  for (const path of numbers) refuseUnder(path, typeOnly!, 'no number is compared there: an entry of `typeOnly` covers it')
}

const written = (list: readonly string[] = [], pointer: string): Written[] =>
  list.map((path, i) => ({ names: pointerNames(path), pointer: `${pointer}/${i}` }))

function tolerances ({ numeric }: CompareConfig, pointer: string): Written[] {
  const { paths = {}, absolute, relative } = numeric ?? {}
  const everywhere = absolute ?? relative
  if (numeric !== undefined && everywhere === undefined && Object.keys(paths).length === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', `${pointer}/numeric`, 'expected absolute, relative or paths')
  return Object.entries(paths).map(([path, own]) => {
    const at = `${pointer}/numeric/paths/${escapePointer(path)}`
    if (!pointerForm.test(path)) throw new ConfigError('GW_CONFIG_INVALID', at, 'expected a JSON pointer such as /items/*/price')
    if ((own.absolute ?? own.relative ?? everywhere) === undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', at, 'expected absolute or relative: numbers are compared exactly everywhere else too')
    return { names: pointerNames(path), pointer: at }
  })
}

/** Lists that end at their path may nest: `unordered` says nothing of what is below. */
function checkAmong (list: readonly Written[]): void {
  for (const [i, path] of list.entries()) {
    const nests = path.pointer.includes('/unordered/')
    const rivals = list.filter((other, j) => j !== i && (!nests || other.names.length === path.names.length))
    // Of two that say the same the first stands
    refuseUnder(path, rivals.filter(other => list.indexOf(other) < i || !covers(path, other)), 'another entry covers it')
  }
}

function refuseUnder (path: Written, others: readonly Written[], detail: string): void {
  if (others.some(other => covers(other, path))) throw new ConfigError('GW_CONFIG_NO_EFFECT', path.pointer, detail)
}

const covers = (above: Written, path: Written): boolean =>
  above.names.length <= path.names.length && above.names.every((name, i) => name === '*' || name === path.names[i])
