import { Cluster, Command, type Redis } from 'ioredis'
import type { Clock, Counter, Log, Metrics } from '../../../contract/services.ts'
import type { RedisSettings } from '../../../contract/settings.ts'
import { closeRedis, connectRedis, firstAttempt, reasonOf, type ConnectionOptions } from '../../redis-connection.ts'
import type { Script } from './scripts.ts'

/** What a limiter in Redis is made with. */
export interface LinkOptions {
  readonly clock: Clock
  readonly log: Log
  readonly metrics?: Metrics
  readonly connect?: (settings: RedisSettings, options: ConnectionOptions) => Redis | Cluster
}

/** Nobody waits longer for Redis. */
const LONGEST_WAIT_MS = 20
/** Between two questions to a server that did not answer in time whether it does again. */
const PROBE_EVERY_MS = 50
const LOG_EVERY_MS = 60_000

/** Told what a script has answered, once; null: Redis could not be asked. */
export type Answered = (reply: Buffer | null) => void

/**
 * A connection of its own for scripts that requests wait for. An answer or null comes within 20 ms, whatever the server does. After one that was late
 * nothing is sent until the server has answered a question in the background in time: so only requests of the first 20 ms of an outage wait for it.
 */
export class RedisLink {
  readonly isCluster: boolean
  readonly #client: Redis | Cluster
  readonly #clock: Clock
  readonly #log: Log
  readonly #count: { readonly answered: Counter, readonly late: Counter, readonly failed: Counter } | null
  readonly #waitMs: number
  #isDecided = false
  readonly #decided: Promise<void>
  #isPunctual = true
  #probe: NodeJS.Timeout | null = null
  #loggedAt = -Infinity
  #isClosed = false
  readonly #calls = new Set<Call>()
  #idle = (): void => {}

  /** Throws ConfigError as `connectRedis` does. */
  constructor (settings: RedisSettings, { clock, log, metrics, connect = connectRedis }: LinkOptions) {
    const outcome = (outcome: string) => metrics?.counter('gatehouse_rate_limit_redis_calls_total', { outcome })
    const [answered, late, failed] = [outcome('answered'), outcome('late'), outcome('failed')]
    this.#client = connect({ ...settings, prefix: '' }, { commandTimeoutMs: settings.timeout, log: told(log), clock })
    this.#clock = clock
    this.#log = log
    this.#count = answered && late && failed ? { answered, late, failed } : null
    this.#waitMs = Math.min(settings.timeout, LONGEST_WAIT_MS)
    this.isCluster = this.#client.isCluster
    // A connection made anew has just answered
    this.#client.on('ready', () => {
      this.#isPunctual = true
      for (const node of nodesOf(this.#client)) node.ping().catch(() => {})
    })
    // ioredis connects to a node of a cluster at the first command for it, and fails those that come meanwhile; not before the cluster is ready, because it
    // asks any of its nodes whether it is, and takes one that is only connecting for a cluster that is down
    this.#client.on('+node', (node: Redis) => { if (this.#client.status === 'ready') node.ping().catch(() => {}) })
    this.#decided = firstAttempt(this.#client, settings.timeout).then(() => { this.#isDecided = true })
  }

  /** Whether it is worth asking. */
  get isUp (): boolean {
    return this.#isPunctual && (this.#client.status === 'ready' || !this.#isDecided)
  }

  /** Runs a script; `done` comes later. */
  run (script: Script, keys: string[], args: string[], done: Answered): void {
    const timer = setTimeout(() => {
      // What has arrived meanwhile is read first: it was this process that had no time
      setImmediate(() => { if (!call.isSettled) this.#late(call, keys[0]!) })
    }, this.#waitMs)
    const call = new Call(reply => {
      this.#calls.delete(call)
      done(reply)
      if (this.#calls.size === 0) this.#idle()
    }, timer)
    this.#calls.add(call)
    if (this.#isDecided) this.#send(script, keys, args, call)
    else void this.#decided.then(() => { if (!call.isSettled) this.#send(script, keys, args, call) })
  }

  /** Resolves when nobody waits for an answer; that is 20 ms from now at most where nobody asks any more. */
  async idle (): Promise<void> {
    while (this.#calls.size > 0) await new Promise<void>(resolve => { this.#idle = resolve })
  }

  async close (): Promise<void> {
    this.#isClosed = true
    if (this.#probe) clearTimeout(this.#probe)
    await closeRedis(this.#client)
  }

  #send ({ lua, sha }: Script, keys: string[], args: string[], call: Call): void {
    const answered = (reply: unknown): void => {
      if (!call.isSettled) this.#count?.answered.add()
      call.settle(reply as Buffer)
    }
    const failed = (error: Error): void => {
      if (call.isSettled) return
      this.#count?.failed.add()
      this.#tell(reasonOf(error))
      call.settle(null)
    }
    const run = (name: string, source: string) => this.#client.sendCommand(new Command(name, [source, `${keys.length}`, keys, args], { replyEncoding: null })) as Promise<unknown>
    run('evalsha', sha).then(answered, (error: Error) => {
      if (!error.message.startsWith('NOSCRIPT')) failed(error)
      else run('eval', lua).then(answered, failed)
    })
  }

  #late (call: Call, key: string): void {
    this.#count?.late.add()
    call.settle(null)
    if (!this.#isPunctual || this.#isClosed) return
    this.#isPunctual = false
    this.#tell(`no answer within ${this.#waitMs}ms`)
    void this.#ask(key)
  }

  /** Where the key lives: with a cluster, another server says nothing of that one. */
  async #ask (key: string): Promise<void> {
    const start = this.#clock.monotonic()
    const isAnswered = await this.#client.exists(key).then(() => true, () => false)
    if (this.#isPunctual || this.#isClosed) return
    if (isAnswered && this.#clock.monotonic() - start <= this.#waitMs) {
      this.#isPunctual = true
      this.#log.info({}, 'redis answers rate limits in time again')
      return
    }
    this.#probe = setTimeout(() => { void this.#ask(key) }, PROBE_EVERY_MS).unref()
  }

  #tell (reason: string): void {
    if (this.#clock.monotonic() - this.#loggedAt < LOG_EVERY_MS) return
    this.#loggedAt = this.#clock.monotonic()
    this.#log.warn({ 'error.message': reason }, 'redis does not answer rate limits, so that they go by their `onError`; told once a minute')
  }
}

class Call {
  isSettled = false
  readonly #done: Answered
  readonly #timer: NodeJS.Timeout

  constructor (done: Answered, timer: NodeJS.Timeout) {
    this.#done = done
    this.#timer = timer
  }

  settle (reply: Buffer | null): void {
    if (this.isSettled) return
    this.isSettled = true
    clearTimeout(this.#timer)
    this.#done(reply)
  }
}

/** Lines of the connection, with what they mean for rate limits. */
const told = (log: Log): Log => ({
  debug: (fields, message) => { log.debug(fields, message) },
  error: (fields, message) => { log.error(fields, message) },
  warn: fields => { log.warn(fields, 'redis cannot be reached for rate limits, so that they go by their `onError`; told once a minute') },
  info: fields => { log.info(fields, 'redis can be reached for rate limits again') }
})

const nodesOf = (client: Redis | Cluster): Redis[] => client instanceof Cluster ? client.nodes('all') : []
