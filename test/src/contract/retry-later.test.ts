import t from 'tap'
import { retryLater } from '../../../src/contract/retry-later.ts'
import { fakeRandom } from '../../../src/testing/index.ts'

t.test('clients come back in whole seconds, from the least to twice as long, not all at once', async t => {
  const later = retryLater(1500, fakeRandom(0, 0.34, 0.999))
  t.same([later(), later(), later()].map(fields => fields['retry-after']), ['2', '3', '4'])
})
