import t from 'tap'
import { dnsServer } from '../../../../src/upstream/discovery/dns-server.ts'

t.test('reads the forms that the system gives', async t => {
  t.same(dnsServer('10.0.0.2'), { address: '10.0.0.2', port: 53, family: 4 })
  t.same(dnsServer('10.0.0.2:5353'), { address: '10.0.0.2', port: 5353, family: 4 })
  t.same(dnsServer('2001:db8::2'), { address: '2001:db8::2', port: 53, family: 6 })
  t.same(dnsServer('[2001:db8::2]:5353'), { address: '2001:db8::2', port: 5353, family: 6 })
  t.same(dnsServer('[2001:db8::2]'), { address: '2001:db8::2', port: 53, family: 6 })
  t.same(dnsServer('fe80::1%eth0'), { address: 'fe80::1%eth0', port: 53, family: 6 })
})
