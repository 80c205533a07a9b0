import snapshot from '../../../../plugins/filters/snapshot/index.ts'
import type { BodyCopy, BodyCopyState, BodyStream, Reply, Services } from '../../../../src/contract/index.ts'
import { HeaderList } from '../../../../src/contract/index.ts'
import { fakeServices, mount, reply, type FakeServices, type MountedFilter, type TestReply, type TestRequest } from '../../../../src/testing/index.ts'

export const KEY = 'snapshot:test-request'
export const STOCK = 'call stock GET gateway.test/stock/7'
export const JSON_TYPE = { 'content-type': 'application/json' }

/** A call of the live service. */
export const live = (request: TestRequest = {}): TestRequest => ({ target: '/stock/7', client: { trusted: true }, ...request })
/** The same call of its shadow. */
export const shadow = (request: TestRequest = {}): TestRequest => live({ ...request, headers: { ...request.headers, 'x-gatehouse-shadow': 'next;leg=1' } })

/** Everything that was asked for is done. */
export const settled = () => new Promise(resolve => { setImmediate(resolve) })

/** The filter on the route of an upstream. */
export interface Stock { filter: MountedFilter, services: FakeServices, asked: () => number, counted: (name: string) => Record<string, number> }

/** Each answer tells which it is. */
export function stock (config: object = {}, answer: TestReply | (() => Reply) = {}, over: Partial<Services> = {}, report = false): Stock {
  let asked = 0
  const services = fakeServices(over as Partial<FakeServices>)
  const filter = mount(snapshot, { name: 'stock', ...config }, async x => {
    asked++
    if (x.body.present) await x.body.hold(Infinity)
    return typeof answer === 'function' ? answer() : reply({ headers: JSON_TYPE, body: `{"left":${asked}}`, ...answer })
  }, { services, report })
  const counted = (name: string) => Object.fromEntries(services.registry.samples().filter(one => one.name === name).map(({ labels, value }) => [labels['outcome'], value]))
  return { filter, services, asked: () => asked, counted }
}

export const WRITES = 'gatehouse_snapshots_total'
export const READS = 'gatehouse_snapshot_reads_total'

/** A body that arrives as the test says. */
export class Arriving implements BodyStream {
  ended = false
  readonly released: string[] = []
  state: BodyCopyState = 'arriving'
  bytes = new Uint8Array()
  #told = () => {}

  hold (): Promise<Uint8Array | null> { return Promise.resolve(this.bytes) }
  cancel (): void {}

  copy (maxBytes: number): BodyCopy {
    const whole = this
    return {
      get state () { return whole.state },
      get size () { return whole.bytes.byteLength },
      bytes: () => whole.bytes.subarray(0, maxBytes),
      settled: told => { this.#told = told },
      release: () => { this.released.push(whole.state) }
    }
  }

  end (state: BodyCopyState, text = ''): void {
    this.ended = true
    this.state = state
    this.bytes = Buffer.from(text)
    this.#told()
  }
}

export const arriving = (body: Arriving): Reply => ({ status: 200, headers: HeaderList.from(JSON_TYPE), body, code: null, trailers: null })
