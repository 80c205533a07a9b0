import t from 'tap'
import { placeOf } from '../../../../src/upstream/health/place-of.ts'

const at = (origin: string) => ({ origin, authority: '', tls: null })

t.test('reads host and port as sockets want them', async t => {
  t.same(placeOf(at('http://[::1]:8080'), undefined), { host: '::1', port: 8080 })
  t.same(placeOf(at('http://a.example'), undefined), { host: 'a.example', port: 80 })
  t.same(placeOf(at('https://a.example'), undefined), { host: 'a.example', port: 443 })
  t.same(placeOf(at('https://a.example:8443'), 9000), { host: 'a.example', port: 9000 })
})
