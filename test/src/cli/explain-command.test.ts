import t from 'tap'
import { cli } from './cli-io.ts'
import { explainer, TO } from './explain/explainer.ts'

t.test('takes the time of the request, and its sender', async t => {
  const { json } = explainer(t, `  - { id: old, predicates: [before: 2020-01-01T00:00:00Z], ${TO} }\n  - { id: near, predicates: [remote-addr: 203.0.113.0/24], ${TO} }\n`)
  t.equal((await json('/a', '--at', '2019-05-01T12:00:00+02:00')).route?.id, 'old')
  t.equal((await json('/a', '--from', '203.0.113.9')).route?.id, 'near')
  t.equal((await json('/a')).route, null)
})

t.test('takes the request in every form', async t => {
  const { json, cwd } = explainer(t, `  - { id: all, predicates: [path: /**], ${TO} }\n`)
  const seen = async (...argv: string[]) => {
    const { request: { method, target, host, scheme } } = await json(...argv)
    return `${method} ${scheme}://${host}${target}`
  }
  t.equal(await seen('GET https://a.example/b'), 'GET https://a.example/b')
  t.equal(await seen('PUT', '/b'), 'PUT http://localhost/b')
  t.equal(await seen('routes.yaml', 'DELETE', 'http://a/b'), 'DELETE http://a/b')
  t.equal(await seen('routes.yaml', '/b', '-d', 'x'), 'POST http://localhost/b')
  t.equal(await seen('curl -X PATCH https://a/b'), 'PATCH https://a/b')
  t.equal(await seen(`${cwd}/routes.yaml`, 'curl', '-s', 'a:8080/b', '-d', 'x'), 'POST http://a:8080/b')
})

t.test('says what is wrong with the command line', async t => {
  const { cwd } = explainer(t, `  - { id: all, predicates: [path: /**], ${TO} }\n`)
  const cases: [string[], RegExp][] = [
    [[], /^which request\?/],
    [['nonsense'], /"nonsense" is no request/],
    [['/a', '-H', 'X'], /"X" is no header/],
    [['/a', '--from', 'me'], /"me" is no IP address/],
    [['/a', '--at', 'noon'], /"noon" is no time/],
    [['-d', 'x', 'curl', 'http://a'], /belong to the curl line itself/],
    [['-H', 'X: 1', 'curl http://a'], /belong to the curl line itself/],
    [["curl 'http://a"], /a quote that never ends/]
  ]
  for (const [argv, message] of cases) {
    const { status, err } = await cli(['explain', ...argv], { cwd })
    t.equal(status, 2, argv.join(' '))
    t.match(err, message)
  }
})

t.test('masks secrets, in text and in JSON', async t => {
  const { text, json } = explainer(t, `  - { id: a, predicates: [path: /**, not: { header: { name: X-K, matches: "\${API_KEY}" } }], filters: [set-request-header: { name: X-Key, value: "\${API_KEY}" }], ${TO} }\n`)
  for (const out of [await text('/a'), JSON.stringify(await json('/a'))]) {
    t.match(out, 'x-key: ***')
    t.notMatch(out, 'sesame')
  }
})

t.test('colours on a terminal', async t => {
  const { cwd } = explainer(t, `  - { id: all, predicates: [path: /**], ${TO} }\n`)
  t.match((await cli(['explain', '/a'], { cwd, colours: { out: true, err: false } })).out, '\u001b[32mall\u001b[39m')
})
