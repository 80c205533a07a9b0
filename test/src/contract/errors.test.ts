import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { CONFIG_ERRORS } from '../../../src/contract/config-error.ts'
import { ERRORS, GatewayError } from '../../../src/contract/errors.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const page = readFileSync(`${root}docs/errors.md`, 'utf8')

/** The rows of all tables with a first cell that is a code: its cells. */
const rows = [...page.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row!.split(' | ')).filter(([code]) => /^`GW_/.test(code!))
const documented = (isOfConfig: boolean) => rows.filter(([code]) => code!.startsWith('`GW_CONFIG_') === isOfConfig)

const CATALOGUES = ['src/contract/errors.ts', 'src/contract/config-error.ts']
const sources = globSync(['src/**/*.ts', 'plugins/**/*.ts'], { cwd: root }).filter(file => !CATALOGUES.includes(file))
  .map(file => readFileSync(`${root}${file}`, 'utf8'))
const isUsed = (code: string) => sources.some(source => source.includes(`'${code}'`))

t.test('every code that a client can get is documented, with its status and title, and none else', async t => {
  t.same(documented(false).map(([code, status, title]) => [code, status, title]).sort(),
    Object.entries(ERRORS).map(([code, { status, title }]) => [`\`${code}\``, String(status), title]).sort())
})

t.test('every code of a configuration is documented, with what it means, and none else', async t => {
  t.same(documented(true).map(([code, means]) => [code, means]).sort(),
    Object.entries(CONFIG_ERRORS).map(([code, means]) => [`\`${code}\``, means]).sort())
})

t.test('every code is told when it happens and what to do', async t => {
  for (const cells of rows) {
    t.equal(cells.length, cells[0]!.startsWith('`GW_CONFIG_') ? 4 : 5, `${cells[0]} has every cell`)
    t.ok(cells.every(cell => cell.trim().length > 2), `${cells[0]} has no empty cell`)
  }
})

t.test('every code is raised somewhere', async t => {
  t.ok(sources.length > 100, 'the sources are there')
  for (const code of [...Object.keys(ERRORS), ...Object.keys(CONFIG_ERRORS)]) {
    t.ok(isUsed(code), `${code} is raised`)
  }
})

t.test('nothing but codes of the catalogues is raised', async t => {
  const known = new Set([...Object.keys(ERRORS), ...Object.keys(CONFIG_ERRORS)])
  const written = new Set(sources.flatMap(source => source.match(/\bGW_[A-Z_]*[A-Z]\b/g) ?? []))
  t.same([...written].filter(code => !known.has(code)), [])
})

t.test('every link of the page has its heading', async t => {
  const headings = (file: string) => [...readFileSync(`${root}docs/${file}`, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(' ', '-'))
  for (const [, file, anchor] of page.matchAll(/\]\(([^)#]+)#([^)]+)\)/g)) t.ok(headings(file!).includes(anchor!), `${file}#${anchor}`)
})

t.test('a status is that of an error, and a title tells codes apart', async t => {
  for (const [code, { status }] of Object.entries(ERRORS)) t.ok(status >= 400 && status < 600, code)
  t.equal(new Set(Object.values(ERRORS).map(({ title }) => title)).size, Object.keys(ERRORS).length)
})

t.test('an expected failure has its code, the title unless there is more to say, and its cause', async t => {
  t.match(new GatewayError('GW_NO_ROUTE'), { name: 'GatewayError', code: 'GW_NO_ROUTE', message: 'No route matches the request' })
  const cause = new Error('inner')
  const error = new GatewayError('GW_UPSTREAM_TLS', 'why', { cause })
  t.match(error, { code: 'GW_UPSTREAM_TLS', message: 'why' })
  t.equal(error.cause, cause)
})
