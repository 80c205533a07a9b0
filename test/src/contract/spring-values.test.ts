import t from 'tap'
import { springSeries, springStatus } from '../../../src/contract/spring-status.ts'
import { springDurationMs, springFlag, springList, springNumber } from '../../../src/contract/spring-values.ts'

t.test('a status has a name of Spring\'s, or a number', async t => {
  t.same(['BAD_GATEWAY', ' bad_gateway', '502', 'MOVED_TEMPORARILY'].map(springStatus), [502, 502, 502, 302])
  t.same(['SERVER_ERROR', 'client_error'].map(springSeries), ['5xx', '4xx'])
})

t.test('a duration is Spring Boot\'s', async t => {
  for (const [text, ms] of [['250', 250], ['+250ms', 250], ['2S', 2000], ['1m', 60_000], ['1h', 3_600_000], ['1d', 86_400_000], ['PT0.5S', 500], ['pt1m2s', 62_000], ['PT1H', 3_600_000], [' 5s ', 5000]] as const) {
    t.equal(springDurationMs(text), ms, text)
  }
  for (const text of ['', 'soon', '-1', '1w', 'PT', '1.5s', 'P1D', '5 s']) t.equal(springDurationMs(text), null, text)
})

t.test('a list may be text with commas', async t => {
  t.same([springList('a, b,,'), springList(['a,b', 'c']), springList(undefined), springList('')], [['a', 'b'], ['a', 'b', 'c'], [], []])
})

t.test('what is no number is none', async t => {
  t.same([springNumber('7'), springNumber('1e3'), springNumber(undefined)], [7, 1000, undefined])
  t.ok(Number.isNaN(springNumber('many')))
})

t.test('what is not of its kind stays as it is, for the schema to refuse', async t => {
  t.same([springFlag('TRUE'), springFlag('false'), springFlag(true), springFlag('yes'), springFlag(undefined)], [true, false, true, 'yes', undefined])
  t.same([springStatus('NO_SUCH'), springStatus(''), springSeries('SERVER')], ['NO_SUCH', '', 'SERVER'])
})
