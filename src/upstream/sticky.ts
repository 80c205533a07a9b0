import { cookieValues, ownCookie } from '../contract/cookies.ts'
import type { Exchange } from '../contract/exchange.ts'
import type { Reply } from '../contract/reply.ts'
import type { StickyConfig } from '../contract/route-file.ts'
import type { Clock } from '../contract/services.ts'
import type { Forwarder } from './forwarded.ts'
import type { Member } from './member.ts'
import type { UpstreamPool } from './upstream-pool.ts'

/** Authentication codes by the keys of a ring. */
export interface Macs {
  /** By the newest key: base64url. */
  current(text: string): string
  /** By each of the keys. */
  accepted(text: string): string[]
}

/** Codes of a ring for one purpose. ConfigError at `pointer` where there is no such ring. */
export type MacOf = (ring: string, pointer: string) => Macs

/** The keys of a ring begin and end by the clock. */
const LOOKED_AFTER_MS = 60_000
/** One cookie may hold what several upstreams of a host have said: so many at most, the newest first. */
const MOST_PARTS = 4
const PART = /^[A-Za-z0-9_-]{22}$/

/** Keeps a client with one member by a cookie that only the gateway can make and that tells nobody where it leads. */
export class Sticky {
  readonly #pool: UpstreamPool
  readonly #config: StickyConfig
  readonly #macs: Macs
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #maxAgeS: number | undefined
  #members: ReadonlyMap<string, Member> = new Map()
  #generation = -1
  #lookedMs = -Infinity

  /** Throws ConfigError at /sticky/ring. */
  constructor (pool: UpstreamPool, config: StickyConfig, macOf: MacOf, clock: Pick<Clock, 'monotonic'>) {
    this.#pool = pool
    this.#config = config
    this.#macs = macOf(config.ring, '/sticky/ring')
    this.#clock = clock
    this.#maxAgeS = config.lifetime === undefined ? undefined : Math.ceil(config.lifetime / 1000)
  }

  /** The member that the request's cookie stands for; null where it has none, or none of ours. */
  memberOf (x: Exchange): Member | null {
    if (!x.headers.has('cookie')) return null
    this.#look()
    for (const part of this.#partsOf(x)) {
      const member = this.#members.get(part)
      if (member !== undefined) return member
    }
    return null
  }

  /** Tells the browser to stay with a member, unless it did not answer well. */
  keep (x: Exchange, reply: Reply, member: Member): Reply {
    if (reply.code !== null || reply.status >= 500) return reply
    this.#look()
    const ours = this.#macs.current(this.#textOf(member))
    const others = this.#partsOf(x).filter(part => !this.#members.has(part))
    const value = [ours, ...others].slice(0, MOST_PARTS).join('.')
    reply.headers.append('set-cookie', ownCookie(this.#config.cookie, value, this.#maxAgeS))
    return reply
  }

  #partsOf (x: Exchange): string[] {
    return cookieValues(x.headers, this.#config.cookie).flatMap(value => value.split('.', MOST_PARTS)).filter(part => PART.test(part))
  }

  /** Leaves the cookie out of what goes upstream. Not out of the request: a second try goes by it too. */
  forwarder (forward: Forwarder): Forwarder {
    const { cookie } = this.#config
    return (x, flat) => {
      for (let i = flat.length - 2; i >= 0; i -= 2) {
        if (flat[i] !== 'cookie' || !flat[i + 1]!.includes(cookie)) continue
        const rest = without(cookie, flat[i + 1]!)
        if (rest === '') flat.splice(i, 2)
        else flat[i + 1] = rest
      }
      forward(x, flat)
    }
  }

  #look (): void {
    const { generation } = this.#pool
    const nowMs = this.#clock.monotonic()
    if (generation === this.#generation && nowMs - this.#lookedMs < LOOKED_AFTER_MS) return
    this.#generation = generation
    this.#lookedMs = nowMs
    this.#members = new Map(this.#pool.members.flatMap(member => this.#macs.accepted(this.#textOf(member)).map(value => [value, member] as const)))
  }

  #textOf ({ endpoint: { origin, authority } }: Member): string {
    return JSON.stringify([this.#pool.name, origin, authority])
  }
}

/** A Cookie line (RFC 6265 4.2.1) without the pairs of this name. */
const without = (name: string, line: string): string =>
  line.split(';').map(pair => pair.trim()).filter(pair => pair !== '' && pair.split('=', 1)[0]!.trimEnd() !== name).join('; ')
