import t from 'tap'
import { addressUrl } from '../../../../src/upstream/discovery/address-url.ts'

t.test('makes an origin of an address, where a URL can hold it', async t => {
  t.equal(addressUrl('http', '10.0.0.1', 8080), 'http://10.0.0.1:8080')
  t.equal(addressUrl('https', '2001:DB8::1', 443), 'https://[2001:db8::1]')
  t.equal(addressUrl('http', 'fe80::1%eth0', 80), null)
})
