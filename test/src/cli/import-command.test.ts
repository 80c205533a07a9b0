import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cli } from './cli-io.ts'

const SPRING = `spring:
  cloud:
    gateway:
      routes:
        - id: orders
          uri: http://10.0.0.7:8080
          predicates: ["Path=/orders/{id}"]
          filters: [StripPrefix=1]
`

t.test('turns a Spring file into one that check takes', async t => {
  const cwd = t.testdir({ 'application.yml': SPRING })
  const { status, out, err } = await cli(['import', 'application.yml'], { cwd })
  t.equal(status, 0)
  t.equal(err, '')
  t.match(out, /^ +- strip-prefix: 1$/m)
  t.same(await cli(['import', 'application.yml', '--out', 'routes.yaml'], { cwd }), { status: 0, out: '', err: '' })
  t.equal(readFileSync(join(cwd, 'routes.yaml'), 'utf8'), out)
  t.equal((await cli(['check'], { cwd })).out, '1 route: ok\n')
})

t.test('writes over a file only when it is told to', async t => {
  const cwd = t.testdir({ 'application.yml': SPRING, 'routes.yaml': 'mine' })
  const { status, err } = await cli(['import', 'application.yml', '--out', 'routes.yaml'], { cwd })
  t.equal(status, 2)
  t.match(err, /^routes\.yaml is there already: --force writes over it\n/)
  t.equal(readFileSync(join(cwd, 'routes.yaml'), 'utf8'), 'mine')
  t.equal((await cli(['import', 'application.yml', '--out', 'routes.yaml', '--force'], { cwd })).status, 0)
  t.not(readFileSync(join(cwd, 'routes.yaml'), 'utf8'), 'mine')
})

t.test('says what is to be looked at', async t => {
  const cwd = t.testdir({ 'application.yml': SPRING.replace('http://10.0.0.7:8080', 'lb://orders') })
  const { status, err } = await cli(['import', 'application.yml'], { cwd })
  t.equal(status, 0)
  t.match(err, /^warning: application\.yml:6:\d+ .*orders/)
})

t.test('says what has no equivalent, and writes nothing', async t => {
  const cwd = t.testdir({ 'application.yml': SPRING.replace('StripPrefix=1', 'MyOwnFilter=1') })
  const { status, out, err } = await cli(['import', 'application.yml'], { cwd })
  t.equal(status, 2)
  t.equal(out, '')
  t.match(err, /^application\.yml:8:\d+ .*MyOwnFilter/)
})

t.test('takes one file', async t => {
  t.equal((await cli(['import'])).status, 2)
  t.equal((await cli(['import', 'a.yml', 'b.yml'])).status, 2)
})

t.test('fails where it cannot write', async t => {
  const cwd = t.testdir({ 'application.yml': SPRING })
  t.equal((await cli(['import', 'application.yml', '--out', 'no/such/folder'], { cwd })).status, 1)
})
