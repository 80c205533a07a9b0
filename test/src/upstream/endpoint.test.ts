import t from 'tap'
import { Endpoint } from '../../../src/upstream/endpoint.ts'

const endpoint = (origin: string, name?: string) => new Endpoint({ origin, name, connectMs: 1000, connections: 1, pending: 1, keepAliveMs: 1000, tls: null })

t.test('is called what its origin says', async t => {
  t.match(endpoint('http://10.0.0.7:8080'), { origin: 'http://10.0.0.7:8080', authority: '10.0.0.7:8080', serverName: null, tls: null })
  t.match(endpoint('https://orders.example'), { authority: 'orders.example', serverName: 'orders.example', tls: { servername: 'orders.example' } })
  t.match(endpoint('https://10.0.0.7'), { tls: { servername: '' } })
})

t.test('one that was found under a name is called by that: Host, SNI and certificate', async t => {
  t.match(endpoint('http://10.0.0.7:8080', 'orders.svc:8080'), { origin: 'http://10.0.0.7:8080', authority: 'orders.svc:8080', tls: null })
  const found = endpoint('https://10.0.0.7:8443', 'orders.svc:8443')
  t.match(found, { origin: 'https://10.0.0.7:8443', authority: 'orders.svc:8443', serverName: 'orders.svc:8443', tls: { servername: 'orders.svc' } })
  const certificate = (name: string) => ({ subject: { CN: name }, subjectaltname: `DNS:${name}` }) as never
  t.equal(found.tls!.checkServerIdentity!('ignored', certificate('orders.svc')), undefined)
  t.match(found.tls!.checkServerIdentity!('ignored', certificate('10.0.0.7')), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})
