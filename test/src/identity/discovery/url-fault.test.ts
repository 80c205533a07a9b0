import t from 'tap'
import { isLoopback, urlFault } from '../../../../src/identity/discovery/url-fault.ts'

const STRICT = { insecureHttp: false, loopback: false }

t.test('https is good anywhere, plain http to this host where that is allowed', async t => {
  t.equal(urlFault('https://idp.test/keys?a=1', STRICT), null)
  for (const url of ['http://127.0.0.1:8080/', 'http://127.9.9.9/', 'http://[::1]:1/', 'http://localhost/', 'http://LOCALHOST/', 'http://127.1/', 'http://[::ffff:127.0.0.1]/']) {
    t.match(urlFault(url, STRICT), /plain http/)
    t.equal(urlFault(url, { insecureHttp: false, loopback: true }), null, url)
  }
})

t.test('what only looks like this host is not', async t => {
  for (const url of ['http://idp.test/', 'http://10.0.0.1/', 'http://localhost.idp.test/', 'http://localhost./', 'http://a.localhost/', 'http://127.0.0.1.idp.test/', 'http://0.0.0.0/', 'http://[::]/']) {
    t.match(urlFault(url, { insecureHttp: false, loopback: true }), /plain http/, url)
    t.equal(urlFault(url, { insecureHttp: true, loopback: false }), null)
  }
  t.notOk(isLoopback('no url'))
})

t.test('other schemes, credentials and fragments are refused whatever is allowed', async t => {
  const lax = { insecureHttp: true, loopback: true }
  for (const url of ['file:///etc/passwd', 'data:,a', '/keys', '', 'idp.test', 'javascript:1']) t.match(urlFault(url, lax), /not an absolute/, url)
  for (const url of ['https://a@idp.test/', 'https://:b@idp.test/', 'http://a:b@127.0.0.1/']) t.match(urlFault(url, lax), /credentials/, url)
  t.match(urlFault('https://idp.test/#a', lax), /fragment/)
})
