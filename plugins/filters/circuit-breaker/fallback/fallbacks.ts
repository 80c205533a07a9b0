import { ConfigError, ERRORS, GatewayError, isArriving, labelledCounter, problem, type Counter, type Exchange, type Fallback, type Place, type Reply } from '../../../../src/contract/index.ts'
import { AnswerStore } from './answer-store.ts'
import { otherPath, otherRoute, otherUpstream } from './detour.ts'
import type { FallbackConfig } from './fallback-config.ts'
import { fixedReply } from './fixed-reply.ts'
import type { StandIn } from './stand-in.ts'

const MARK = 'x-gatehouse-fallback'
/** One of these, and `cached` before it. */
const OTHERS = ['reply', 'upstream', 'route', 'path'] as const

/** What a client gets instead of an error. */
export class Fallbacks {
  readonly #standIns: readonly StandIn[]
  readonly #store: AnswerStore | null
  readonly #failing: ReadonlySet<number> | null
  readonly #onOpen: boolean
  readonly #count: (kind: Fallback['kind']) => Counter
  readonly #countNone: (kind: Fallback['kind']) => Counter

  /** `failing`: statuses that are failures. */
  constructor (standIns: readonly StandIn[], store: AnswerStore | null, { on }: Pick<FallbackConfig, 'on'>, failing: ReadonlySet<number>, { services: { metrics } }: Place) {
    this.#standIns = standIns
    this.#store = store
    this.#failing = on.includes('failure') ? failing : null
    this.#onOpen = on.includes('open')
    this.#count = labelledCounter(metrics, 'gatehouse_fallbacks_total', 'kind')
    this.#countNone = labelledCounter(metrics, 'gatehouse_fallbacks_failed_total', 'kind')
  }

  /** The reply itself where it is well, or nobody can stand in for it. */
  settle (x: Exchange, reply: Reply): Reply | Promise<Reply> {
    if (this.#replaces(reply)) return this.#instead(x, reply)
    return this.#store === null ? reply : this.#keep(x, reply, this.#store)
  }

  /** What the client did wrong no fallback makes good. */
  #replaces ({ code, status }: Reply): boolean {
    if (code === 'GW_CIRCUIT_OPEN') return this.#onOpen
    return this.#failing !== null && (code === null ? this.#failing.has(status) : ERRORS[code].status >= 500)
  }

  /** A body that breaks while it is held is a failure like any other: nothing was sent to the client yet. */
  async #keep (x: Exchange, reply: Reply, store: AnswerStore): Promise<Reply> {
    try {
      await store.keep(x, reply)
      return reply
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      const broken = problem(error.code, x.id)
      return this.#replaces(broken) ? await this.#instead(x, broken) : broken
    }
  }

  async #instead (x: Exchange, reply: Reply): Promise<Reply> {
    const before = x.fallback
    for (const standIn of this.#standIns) {
      const { kind } = standIn
      // Before it answers: a filter of a fallback route wants to know
      x.fallback = { kind, filter: 'circuit-breaker', code: reply.code, status: reply.status }
      const answer = await standIn.answer(x)
      if (answer !== null && answer.code === null) return this.#marked(answer, kind, reply)
      this.#countNone(kind).add()
    }
    x.fallback = before
    return reply
  }

  #marked (answer: Reply, kind: Fallback['kind'], instead: Reply): Reply {
    if (isArriving(instead)) instead.body.cancel(new GatewayError('GW_INTERNAL'))
    answer.headers.set(MARK, kind)
    this.#count(kind).add()
    return answer
  }
}

/** Compiles what a route file says. ConfigError where that is nothing, or too much. */
export function makeFallbacks (config: FallbackConfig, failing: ReadonlySet<number>, place: Place): Fallbacks {
  const { cached } = config
  const other = onlyOther(config)
  if (cached === undefined && other === null) throw new ConfigError('GW_CONFIG_INVALID', '/fallback', `expected one of ${OTHERS.join(', ')}, cached`)
  const store = cached === undefined ? null : new AnswerStore(cached, place.services.clock)
  const second = other === null ? [] : [standIn(config, other, place)]
  return new Fallbacks(store === null ? second : [store, ...second], store, config, failing, place)
}

function onlyOther (config: FallbackConfig): typeof OTHERS[number] | null {
  const [first = null, second] = OTHERS.filter(key => config[key] !== undefined)
  if (second !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', `/fallback/${second}`, `there is \`${first}\` already: one answers, or \`cached\` and one behind it`)
  return first
}

function standIn (config: FallbackConfig, key: typeof OTHERS[number], place: Place): StandIn {
  const pointer = `/fallback/${key}`
  switch (key) {
    case 'reply': return fixedReply(config.reply!, pointer)
    case 'upstream': return otherUpstream(config.upstream!, place, pointer)
    case 'route': return otherRoute(config.route!, place, pointer)
    case 'path': return otherPath(config.path!, place, pointer)
  }
}
