import type { Test } from 'tap'
import type { CallEnd, CallGate, Exchange, Reply } from '../../../../src/contract/index.ts'
import { exchange, type TestRequest } from '../../../../src/testing/index.ts'
import type { CallOptions } from '../../../../src/upstream/call-options.ts'
import { Endpoint } from '../../../../src/upstream/endpoint.ts'
import { call } from '../../../../src/upstream/upstream-call.ts'
import type { UpstreamReply } from '../../../../src/upstream/upstream-reply.ts'
import { rawUpstream, type Answering } from '../../../wire/harness/raw-upstream.ts'

/** A request, and what it is called with. */
export const POST: TestRequest = { method: 'POST' }
export const LATE: CallOptions = { headMs: 30_000, idleMs: 30_000, punctual: false, forward: () => {} }
export const PUNCTUAL: CallOptions = { ...LATE, punctual: true }

/** A gate that writes down what it is asked and told. */
export function fakeGate (over: Partial<CallGate> = {}) {
  const ends: CallEnd[] = []
  const entered: string[] = []
  const gate: CallGate = {
    admits: () => true,
    enter: (_, endpoint) => {
      entered.push(endpoint)
      return { ended: end => { ends.push(end) } }
    },
    ...over
  }
  return { gate, ends, entered }
}

/** One endpoint, and an exchange that a gate and the endpoint's own watcher look after. */
export function caller (t: Test, url: string, { connections = 4, over = {} }: { connections?: number, over?: Partial<CallGate> } = {}) {
  const endpoint = new Endpoint({ origin: url, connectMs: 1000, connections, pending: 10, keepAliveMs: 4000, tls: null })
  t.teardown(() => endpoint.destroy())
  const { gate, ends, entered } = fakeGate(over)
  const own: CallEnd[] = []
  const ask = async (x: Exchange, options = LATE): Promise<Reply> => {
    x.gates = [gate]
    return await call(x, endpoint, options, { ended: end => { own.push(end) } })
  }
  /** What both were told: the same, each once. */
  const told = (): (readonly [number, string | null])[] => {
    t.same(own, ends)
    return ends.map(({ status, code }) => [status, code] as const)
  }
  return { endpoint, ends, entered, ask, told }
}

/** The same in front of an upstream that answers so. */
export async function calling (t: Test, answering: Answering, options: Parameters<typeof caller>[2] = {}) {
  const upstream = await rawUpstream(t, answering)
  return { upstream, ...caller(t, upstream.url, options) }
}

/** All of a reply's body, as text. */
export const bodyOf = async (reply: Reply): Promise<string> => Buffer.from((await (reply as UpstreamReply).hold(1e6))!).toString()

/** A request whose client has announced trailer fields: it goes by node:http. */
export function withTrailers (): Exchange {
  const x = exchange({ method: 'POST', body: ['hello'] })
  Object.defineProperty(x.body, 'trailer', { value: 'x-sum' })
  return x
}
