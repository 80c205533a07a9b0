import { threadId } from 'node:worker_threads'
import { hint } from '../../../../src/contract/nearest.ts'

/** What the work of a test is to do. */
export interface Order {
  readonly do: keyof typeof WORK
  readonly value?: unknown
  /** `wait` ends when it is not 0. */
  readonly gate?: Int32Array
}

const leaks: unknown[] = []
const never = () => new Promise(() => {})

const WORK = {
  give: ({ value }: Order) => value,
  thread: () => threadId,
  import: () => hint('a', ['a']),
  wait: ({ gate }: Order) => Atomics.wait(gate!, 0, 0),
  spin: () => { for (;;); },
  hang: () => {
    setInterval(() => {}, 1000)
    return never()
  },
  fill: () => { for (;;) leaks.push(Array.from({ length: 10_000 }, (_, i) => ({ i }))) },
  throw: () => { throw new RangeError('a bug') },
  exit: () => process.exit(3),
  function: () => () => {},
  stray: () => {
    queueMicrotask(() => { throw new Error('stray') })
    return never()
  }
} satisfies Record<string, (order: Order) => unknown>

/** Work of every sort. */
export default async function job (order: Order): Promise<unknown> {
  return await WORK[order.do](order)
}
