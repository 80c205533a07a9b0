import { fakeLog, fakeRandom, manualClock, type FakeLog, type ManualClock } from '../../../../src/testing/index.ts'
import type { SourceDeps } from '../../../../src/upstream/discovery/source.ts'

/** What a source needs, none of it touching the outside unless the test says so. */
export interface FakeSourceDeps extends SourceDeps { readonly clock: ManualClock, readonly log: FakeLog }

/** Makes them; those in `over` take the place of the fakes. */
export function sourceDeps (over: Partial<FakeSourceDeps> = {}): FakeSourceDeps {
  const nobody = () => Promise.reject(Object.assign(new Error('nobody to ask'), { code: 'ECONNREFUSED' }))
  return {
    upstream: 'orders',
    clock: manualClock(),
    random: fakeRandom(0),
    log: fakeLog(),
    names: { resolver: { resolve4: nobody, resolve6: nobody, getServers: () => [], cancel: () => {} } as never, lookup: nobody },
    watch: () => () => {},
    baseFolder: '/nowhere',
    ...over
  }
}
