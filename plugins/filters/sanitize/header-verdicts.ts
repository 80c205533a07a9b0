import { ConfigError } from '../../../src/contract/index.ts'
import { IDENTITY_HEADERS } from './identity-headers.ts'
import { folded, includes, isFamily, nameSet, type NameSet } from './name-set.ts'

/** The part of the config that is about header names. */
export interface HeaderRules {
  readonly own?: readonly string[]
  readonly keep?: readonly string[]
  readonly headers?: { readonly allow?: readonly string[], readonly deny?: readonly string[] }
}

/** Which headers go, by name. */
export interface HeaderVerdicts {
  /** `name` in lower case. */
  drops(name: string): boolean
  /** Names, not families, that are the gateway's own. */
  readonly ownNames: readonly string[]
}

/**
 * What an allow-list need not name: what tells the body's type (RFC 9110 8.3, 8.4), the handshake of WebSocket (RFC 6455 4.1), what the gateway itself decides
 * by (cross-origin rules, Fetch 3.2; whether a browser navigates), and where the message came from, which only trusted proxies get to say.
 */
const ALWAYS: NameSet = {
  names: new Set(['content-type', 'content-encoding', 'origin', 'via', 'forwarded']),
  prefixes: ['access-control-request-', 'sec-fetch-', 'sec-websocket-', 'x-forwarded-']
}

/** The mark of a copy: the guard lets it in from our own gateways alone, and without it a copy would be copied again. */
const MARK = 'x-gatehouse-shadow'

const MAX_REMEMBERED = 4096
const MAX_NAME = 64
const MAX_SHARED = 64
const shared = new Map<string, HeaderVerdicts>()

/**
 * The verdicts for these rules, remembered by name. One object for all routes with the same rules: with ten thousand of them a flood of strange names
 * must not be remembered ten thousand times. Throws ConfigError.
 */
export function headerVerdicts (rules: HeaderRules): HeaderVerdicts {
  const key = JSON.stringify([rules.own, rules.keep, rules.headers?.allow, rules.headers?.deny])
  const known = shared.get(key)
  if (known) return known
  const made = remembering(compile(rules))
  if (shared.size >= MAX_SHARED) shared.clear()
  shared.set(key, made)
  return made
}

function remembering ({ drops, ownNames }: HeaderVerdicts): HeaderVerdicts {
  const known = new Map<string, boolean>()
  return {
    ownNames,
    drops: name => {
      const before = known.get(name)
      if (before !== undefined) return before
      const verdict = drops(name)
      if (name.length > MAX_NAME) return verdict
      if (known.size >= MAX_REMEMBERED) known.clear()
      known.set(name, verdict)
      return verdict
    }
  }
}

function compile ({ own = [], keep = [], headers = {} }: HeaderRules): HeaderVerdicts {
  const owned = nameSet(own, '/own', true)
  const kept = nameSet(keep, '/keep', false)
  const allowed = headers.allow && nameSet(headers.allow, '/headers/allow', false)
  const denied = nameSet(headers.deny ?? [], '/headers/deny', true)
  const isIdentity = (name: string, fold: string): boolean => includes(owned, fold) || (includes(IDENTITY_HEADERS, fold) && !includes(kept, name))
  checkKept(keep, owned)
  headers.allow?.forEach((text, i) => {
    const name = text.toLowerCase().replace(/\*$/, '')
    if (isIdentity(name, folded(name))) throw noEffect(`/headers/allow/${i}`, `${name} says who is calling, so it is removed all the same; see keep`)
  })
  return {
    ownNames: [...owned.names],
    drops: name => {
      if (name === MARK) return false
      const fold = folded(name)
      if (isIdentity(name, fold) || includes(denied, fold)) return true
      return allowed !== undefined && !includes(ALWAYS, name) && !includes(allowed, name)
    }
  }
}

function checkKept (keep: readonly string[], owned: NameSet): void {
  keep.forEach((text, i) => {
    const name = folded(text.replace(/\*$/, ''))
    if (includes(owned, name)) throw noEffect(`/keep/${i}`, `own takes ${text} from every client`)
    const isThere = includes(IDENTITY_HEADERS, name) || (isFamily(text) && begins(IDENTITY_HEADERS, name))
    if (!isThere) throw noEffect(`/keep/${i}`, `${text} is not among the headers that are removed unless they are kept`)
  })
}

const begins = ({ names, prefixes }: NameSet, start: string): boolean => [...names, ...prefixes].some(one => one.startsWith(start))

const noEffect = (pointer: string, why: string): ConfigError => new ConfigError('GW_CONFIG_NO_EFFECT', pointer, why)
