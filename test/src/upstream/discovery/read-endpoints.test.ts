import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readEndpoints } from '../../../../src/upstream/discovery/read-endpoints.ts'

const folder = t.testdir()

/** A file with this text. */
function file (text: string): string {
  const path = join(folder, 'endpoints.yaml')
  writeFileSync(path, text)
  return path
}

t.test('reads a list as in `endpoints`, YAML or JSON', async t => {
  const plain = { weight: 1, zone: null, priority: 0 }
  const all = [{ url: 'http://10.0.0.7:8080', ...plain }, { url: 'https://orders.example', weight: 2, zone: 'eu-1', priority: 3 }]
  t.same(readEndpoints(file('- http://10.0.0.7:8080\n- { url: https://orders.example:443/, weight: 2, zone: eu-1, priority: 3 } # two\n')), all)
  t.same(readEndpoints(file('["http://10.0.0.7:8080", {"url": "https://orders.example", "weight": 2, "zone": "eu-1", "priority": 3}]')), all)
})

t.test('no endpoints are a list without any', async t => {
  t.same(readEndpoints(file('[]')), [])
  t.throws(() => readEndpoints(file('')), { errors: [{ code: 'GW_CONFIG_SYNTAX' }], message: /empty/ })
  t.throws(() => readEndpoints(file('# nothing\n')), { message: /empty/ })
})

t.test('what is wrong is told with its place', async t => {
  for (const [text, place, code] of [
    ['- http://a\n- { url: http://b, weigth: 2 }\n', ':2:28', 'GW_CONFIG_UNKNOWN_KEY'],
    ['- http://a\n-\n  url: http://b\n  weight: 5000\n', ':4:11', 'GW_CONFIG_INVALID'],
    ['- http://a\n- 10.0.0.7\n', ':2:3', 'GW_CONFIG_INVALID'],
    ['- http://a\n- http://b:99999\n', ':2:3', 'GW_CONFIG_INVALID'],
    ['endpoints: [http://a]\n', ':1:1', 'GW_CONFIG_INVALID'],
    ['- http://a\n- { url: http://b, weight: 1, weight: 2 }\n', ':2:31', 'GW_CONFIG_SYNTAX'],
    ['- http://a\n- [\n', ':3:1', 'GW_CONFIG_SYNTAX'],
    ['- http://a\n---\n- http://b\n', ':2:1', 'GW_CONFIG_SYNTAX']
  ] as const) {
    const path = file(text)
    t.throws(() => readEndpoints(path), { errors: [{ code, place: `${path}${place}` }], message: new RegExp(`${place}:? `) }, text)
  }
  t.throws(() => readEndpoints(file('- 1\n- 2\n')), { errors: [{}, {}] }, 'all of it')
})

t.test('a few lines cannot stand for very many', async t => {
  const bomb = Array.from({ length: 20 }, (_, i) => `- &a${i + 1} [${Array.from({ length: 20 }, () => `*a${i}`).join(', ')}]`).join('\n')
  t.throws(() => readEndpoints(file(`- &a0 http://a\n${bomb}\n`)), { errors: [{ code: 'GW_CONFIG_SYNTAX' }] })
  t.throws(() => readEndpoints(file('['.repeat(10_000))), { errors: [{ code: 'GW_CONFIG_SYNTAX' }] })
})

t.test('of a file that is something else the first faults say enough', async t => {
  t.throws(() => readEndpoints(file('- x\n'.repeat(5000))), { errors: Array.from({ length: 10 }, () => ({ code: 'GW_CONFIG_INVALID' })) })
  const many = Array.from({ length: 10_001 }, (_, i) => `- http://10.0.${i >> 8}.${i & 255}`)
  t.throws(() => readEndpoints(file(many.join('\n'))), { errors: [{ code: 'GW_CONFIG_UNREADABLE' }], message: /10000 endpoints/ })
})

t.test('what cannot be read is told too', async t => {
  mkdirSync(join(folder, 'directory'))
  for (const [path, message] of [[join(folder, 'missing'), /ENOENT/], [join(folder, 'directory'), /not a file/], [file(' '.repeat(2 ** 20 + 1)), /1 MiB/]] as const) {
    t.throws(() => readEndpoints(path), { errors: [{ code: 'GW_CONFIG_UNREADABLE' }], message })
  }
})
