import t from 'tap'
import { tokenAnswer } from '../../../src/contract/index.ts'

const NOW = 1_800_000_000_000
const of = (livesMs: number | null, latest?: number) => tokenAnswer({ accessToken: 'at', expiresAt: livesMs === null ? null : NOW + livesMs }, NOW, latest)

t.test('the last tenth of a token is for an issuer that fails, and no more than 30 s of it', async t => {
  t.same(of(100_000), { value: 'at', freshForMs: 90_000, staleForMs: 10_000 })
  t.same(of(3_600_000), { value: 'at', freshForMs: 3_570_000, staleForMs: 30_000 })
})

t.test('a token that does not say when it ends is kept for a minute', async t => {
  t.same(of(null), { value: 'at', freshForMs: 54_000, staleForMs: 6_000 })
})

t.test('it is kept no longer than what it was made from lives', async t => {
  t.same(of(100_000, NOW + 10_000), { value: 'at', freshForMs: 9_000, staleForMs: 1_000 })
  t.same(of(null, NOW + 10_000), { value: 'at', freshForMs: 9_000, staleForMs: 1_000 })
})

t.test('one that has ended is kept for no time', async t => {
  t.same(of(-1), { value: 'at', freshForMs: 0, staleForMs: 0 })
})
