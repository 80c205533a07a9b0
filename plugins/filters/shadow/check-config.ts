import { ConfigError } from '../../../src/contract/index.ts'
import { FLAVOURS, flavoursOf, KEYS_OF, type Flavour } from './flavours.ts'
import { MAX_BODY, SAFE_METHODS, shadowsOf, type ShadowConfig } from './shadow-config.ts'

const MAX_BUDGET_MS = 1000
/** Name of the live version that is asked once more. */
export const REPLAY = 'replay'

/** What a config makes of the shadow. ConfigError where values do not go together, or one has no effect. */
export function checkConfig (config: ShadowConfig): readonly Flavour[] {
  const { match, when, delay, windows, except, after, stages, sample, mode } = config
  const shadows = shadowsOf(config)
  const flavours = flavoursOf({ mode, to: shadows, sample, match, when, delay, windows, except, after, stages })
  checkMode(mode ?? [], flavours)
  checkShadows(config)
  checkSync(config, flavours)
  checkStaged(config)
  if (config.body > MAX_BODY) throw invalid('/body', 'expected at most 1MiB')
  if (config.pipeline !== undefined && shadows.length < 2) throw noEffect('/pipeline', 'there is one shadow: name two or more under `to`')
  return flavours
}

function checkMode (mode: readonly Flavour[], flavours: readonly Flavour[]): void {
  if (mode.includes('sync') && mode.includes('async')) throw invalid('/mode', 'sync or async, not both')
  const missing = mode.findIndex(word => !flavours.includes(word))
  if (missing < 0) return
  const word = mode[missing] as keyof typeof KEYS_OF
  throw invalid(mode.length === 1 ? '/mode' : `/mode/${missing}`, `"${word}" comes from other keys: expected ${KEYS_OF[word].join(' or ')} beside it`)
}

function checkShadows (config: ShadowConfig): void {
  const shadows = shadowsOf(config)
  shadows.forEach(({ id, upstream, role, share, segment }, i) => {
    if (!isOriginOrName(upstream)) throw invalid(typeof config.to[i] === 'string' ? `/to/${i}` : `/to/${i}/upstream`, 'expected an origin such as http://10.0.0.7:8080, without user, password and path')
    if (shadows.findIndex(other => other.id === id) < i) throw invalid(`/to/${i}`, `two shadows are called "${id}": give one another \`id\``)
    if (id === REPLAY) throw invalid(`/to/${i}`, 'the live version that is asked once more is called "replay": give the shadow another `id`')
    if (role === 'secondary' && (share ?? segment) !== undefined) throw invalid(`/to/${i}/role`, 'a secondary gets what the candidates get: it has no share or segment')
  })
  if (shadows.every(({ role }) => role === 'secondary')) throw invalid('/to', 'a secondary only tells what differs by itself: name the shadow that is to be compared too')
  if (config.compare === false && shadows.some(({ role }) => role === 'secondary')) throw noEffect('/compare', 'a secondary is there to be compared')
}

/** What else a URL has would be lost without a word, or stand in reports and metrics: a password. */
function isOriginOrName (upstream: string): boolean {
  const url = upstream.includes('://') ? URL.parse(upstream) : null
  return url === null || `${url.pathname}${url.search}${url.hash}${url.username}${url.password}` === '/'
}

function checkSync ({ compareBudget, expose, compare, delay, after }: ShadowConfig, flavours: readonly Flavour[]): void {
  if (!flavours.includes('sync')) {
    if (compareBudget !== undefined) throw noEffect('/compareBudget', 'only with `mode: sync` does an answer wait: say that too, or leave this out')
    if (expose !== undefined) throw noEffect('/expose', 'only with `mode: sync` is the comparison known before the answer goes: say that too, or leave this out')
    return
  }
  if (compareBudget !== undefined && compareBudget > MAX_BUDGET_MS) throw invalid('/compareBudget', 'expected at most 1s')
  if (compare === false) throw noEffect('/mode', 'with `compare: false` there is nothing to wait for')
  if (delay !== undefined) throw noEffect('/delay', 'with `mode: sync` both go out together')
  if (after !== undefined) throw noEffect('/after', 'with `mode: sync` the copy goes out before the live answer is known')
}

function checkStaged ({ stages, sample, compare }: ShadowConfig): void {
  if (stages === undefined) return
  if (sample < 1) throw noEffect('/sample', 'the stages say how much is mirrored: leave it out')
  if (compare === false) throw noEffect('/stages', 'with `compare: false` no stage can tell whether the shadow is good')
}

/** ConfigError where what is mirrored could do something at a shadow that is no sandbox. */
export function checkMethods (config: ShadowConfig, i: number, sandbox: boolean): void {
  const { methods } = config
  const unsafe = methods.findIndex(method => !(SAFE_METHODS as readonly string[]).includes(method))
  if (unsafe < 0 || sandbox) return
  throw invalid(`/methods/${unsafe}`, `${methods[unsafe]} is not safe: "${shadowsOf(config)[i]!.id}" would do it a second time. Leave it out, or declare under upstreams, with \`sandbox: true\`, one that may`)
}

/** The words of a mode as one label. */
export const modeLabel = (flavours: readonly Flavour[]): string => FLAVOURS.filter(one => flavours.includes(one)).join('+')

const invalid = (pointer: string, why: string): ConfigError => new ConfigError('GW_CONFIG_INVALID', pointer, why)
const noEffect = (pointer: string, why: string): ConfigError => new ConfigError('GW_CONFIG_NO_EFFECT', pointer, why)
