import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { filters, predicates } from '../plugins/index.ts'
import type { Filter, Predicate } from '../src/contract/room.ts'
import { fakeDetours, fakeSessions, mount } from '../src/testing/index.ts'

const file = (path: string) => new URL(`../${path}`, import.meta.url)
/** As in a route file with `gateway.session`, where every upstream is there that an example mirrors to. */
const services = { sessions: fakeSessions(), detours: { ...fakeDetours(), shadow: (upstream: string) => ({ upstream, sandbox: false, call: () => assert.fail('nothing is called here') }) } }
const compiles = (room: Filter | Predicate, config: unknown) => room.kind === 'filter' ? mount(room, config, {}, { services, upstreams: ['orders'], predicates }) : mount(room, config)

for (const [kind, rooms] of Object.entries({ filters, predicates } as Record<string, readonly (Filter | Predicate)[]>)) {
  t.test(`${kind}: every folder is registered under its name`, async t => {
    t.same(rooms.map(room => room.name).sort(), readdirSync(file(`plugins/${kind}/`)).sort())
  })

  for (const room of rooms) {
    t.test(`${kind}/${room.name} is a whole room`, async t => {
      const readme = readFileSync(file(`plugins/${kind}/${room.name}/README.md`), 'utf8')
      const examples = [...readme.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => parse(yaml!) as unknown)

      t.ok(readme.startsWith(`# ${room.name}\n`), 'is titled by its name')
      t.ok(existsSync(file(`test/plugins/${kind}/${room.name}.test.ts`)), 'has a test')
      for (const [key, schema] of Object.entries(room.config.properties)) {
        t.ok(readme.includes(`\`${key}\``), `documents ${key}`)
        t.ok('description' in schema, `describes ${key} for the editor`)
      }
      if (room.kind === 'filter') for (const code of room.refuses) t.ok(readme.includes(code), `documents ${code}`)
      t.ok(examples.length > 0, 'shows an example')
      for (const example of examples) {
        const use = example as Record<string, unknown> | string
        const config = typeof use === 'string' ? null : use[room.name]
        t.doesNotThrow(() => compiles(room, config), `the example compiles: ${JSON.stringify(use)}`)
      }
    })
  }
}
