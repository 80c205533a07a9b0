import { ConfigError } from '../contract/config-error.ts'
import { hint } from '../contract/nearest.ts'
import type { IndexHint, Matcher, Phases } from '../contract/room.ts'

const ACTS = ['request', 'dispatch', 'response', 'done']
const CALLED = [...ACTS, 'restate', 'close']
const PHASES = [...CALLED, 'answersPreflight', 'ownHeaders']

/** Throws ConfigError where `create` of a filter gave no phases: not every room is compiled by TypeScript, and a filter that is silently none would let everything pass. */
export function checkPhases (made: Phases): void {
  const phases = asObject(made, 'phases')
  const unknown = Object.keys(phases).find(key => !PHASES.includes(key))
  if (unknown !== undefined) throw bad(`"${unknown}" is no phase${hint(unknown, PHASES)}`)
  const odd = CALLED.find(key => phases[key] !== undefined && typeof phases[key] !== 'function')
  if (odd !== undefined) throw bad(`its ${odd} is no function`)
  if (!ACTS.some(key => phases[key])) throw bad(`it has no phase: ${ACTS.join(', ')}`)
}

/** Throws ConfigError where `create` of a predicate gave no matcher, or hints that the table cannot use. */
export function checkMatcher (made: Matcher): void {
  const { match, index, share } = asObject(made, 'a matcher') as Partial<Matcher>
  if (typeof match !== 'function') throw bad('its match is no function')
  if (index !== undefined) checkIndex(index)
  if (share !== undefined && !(typeof share?.group === 'string' && share.weight >= 0)) throw bad('its share is { group, weight }')
}

function checkIndex ({ hosts, methods, paths }: IndexHint): void {
  if (!areTexts(hosts) || !areTexts(methods)) throw bad('index.hosts and index.methods are lists of text')
  if (paths !== undefined && !arePaths(paths)) throw bad('index.paths is a list of { segments, exact }')
}

const areTexts = (list: unknown): boolean => list === undefined || (Array.isArray(list) && list.every(one => typeof one === 'string'))

const arePaths = (paths: unknown): boolean =>
  Array.isArray(paths) && paths.every(path => Array.isArray(path?.segments) && areTexts(path.segments) && typeof path.exact === 'boolean')

function asObject (made: unknown, what: string): Record<string, unknown> {
  if (typeof made !== 'object' || made === null || 'then' in made) throw bad(`create must return ${what}, and no promise`)
  return made as Record<string, unknown>
}

const bad = (why: string) => new ConfigError('GW_CONFIG_BAD_ROOM', '', why)
