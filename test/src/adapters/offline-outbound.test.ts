import t from 'tap'
import { offlineOutbound } from '../../../src/adapters/offline-outbound.ts'

t.test('asks nobody', async t => {
  await t.rejects(offlineOutbound.ask({ url: 'http://127.0.0.1/', timeoutMs: 1, maxBytes: 1 }), { name: 'OutboundError', fault: 'offline' })
})
