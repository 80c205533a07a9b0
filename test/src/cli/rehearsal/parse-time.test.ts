import t from 'tap'
import { parseTime } from '../../../../src/cli/rehearsal/parse-time.ts'

t.test('reads RFC 3339', async t => {
  t.equal(parseTime('2026-03-01T00:00:00Z'), Date.UTC(2026, 2, 1))
  t.equal(parseTime('2026-03-01T01:30:00.5+01:30'), Date.UTC(2026, 2, 1) + 500)
})

t.test('refuses what is no time', async t => {
  for (const text of ['', 'now', '2026-03-01', '2026-13-01T00:00:00Z', '2026-03-01T00:00:00', '1772323200']) t.throws(() => parseTime(text), { name: 'UsageError' }, text)
})
