import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { referencePages } from '../docs/generator/reference-pages.ts'
import { filters, predicates } from '../plugins/index.ts'
import { compileFiles } from '../src/cli/load-files.ts'
import type { Io } from '../src/cli/command.ts'
import { blocksOf, fileOf, type Block } from './docs/blocks.ts'
import { wholeFile } from './docs/fragment.ts'
import { GuideSession, type Ran } from './docs/guide-session.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const text = (path: string) => readFileSync(join(root, path), 'utf8')
const guides = ['README.md', ...globSync(['docs/*.md', 'docs/shadow/*.md'], { cwd: root }).sort()]
const roomPages = globSync(['plugins/*/*/README.md', 'docs/reference/*.md'], { cwd: root }).sort()

/** Commands that no test can run: `.ci/run` does, in these words, or the words say what is done in their place. */
const CI = text('.ci/run')
const NEEDS_ENGINE = ['docker build -t gatehouse .', 'docker run --rm -p 8080:8080 -v "$PWD/gateway:/etc/gatehouse:ro" gatehouse']
const HAS_CURL = (() => {
  try {
    execFileSync('curl', ['--version'])
    return true
  } catch {
    return false
  }
})()

// Some thirty commands are run, and the machine may be busy.
t.setTimeout(300_000)
const cache = t.testdir()
for (const page of guides) {
  t.test(`${page} can be followed`, { skip: HAS_CURL ? false : 'curl is missing: apt-get install curl' }, async t => {
    const session = new GuideSession(cache)
    t.teardown(() => session.close())
    let last: Ran = { status: 0, output: '' }
    for (const block of blocksOf(page, text(page))) {
      const file = fileOf(block)
      if (file !== undefined) session.write(file, block.text)
      if (block.words.includes('output')) t.match(`${last.output}\n`, shape(block.text), `${block.place} is what is printed`)
      if (block.language === 'yaml') await checkYaml(t, block, session)
      else if (block.language === 'sh') last = await runCommands(t, block, session)
      else if (!['text', 'ts'].includes(block.language)) t.fail(`${block.place}: nothing is known of "${block.language}"`)
    }
  })
}

t.test('every example of a room compiles in a route file', async t => {
  const folder = t.testdir()
  for (const page of roomPages) {
    for (const block of blocksOf(page, text(page)).filter(({ language }) => language === 'yaml')) {
      const kind = page.includes('predicate') ? 'predicate' : 'filter'
      await t.resolves(compiled(folder, wholeFile(kind, block.text)), block.place)
    }
  }
})

t.test('the reference pages are what `npm run docs` makes', async t => {
  for (const [path, made] of referencePages()) t.ok(text(path) === made, `${path} is up to date`)
})

t.test('every link within the project leads somewhere', async t => {
  const known = new Set(globSync(['**/*', '.ci/*'], { cwd: root, exclude: name => name === 'node_modules' || name === 'dist' }))
  for (const page of [...guides, ...roomPages]) {
    const links = text(page).replace(/```[^]*?```/g, '').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)
    const wrong = [...links].filter(([, link = '', anchor]) => {
      const path = link === '' ? page : join(page, '..', link).replace(/\/$/, '')
      return !known.has(path) || (anchor !== undefined && !anchorsOf(text(path)).has(anchor))
    })
    t.same(wrong.map(([link]) => link), [], page)
  }
})

/** The headings of a page as the names that GitHub gives them. */
function anchorsOf (markdown: string): Set<string> {
  const headings = markdown.replace(/```[^]*?```/g, '').matchAll(/^#+ (.*)$/gm)
  return new Set([...headings].map(([, heading = '']) => heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-')))
}

/** A whole route file, a piece of one (`part`, `route`), a Spring file (`spring`), or one that is wrong (`broken`). */
async function checkYaml (t: Test, block: Block, { folder }: GuideSession): Promise<void> {
  const kind = block.words.find(word => word === 'part' || word === 'route')
  const yaml = kind === undefined ? block.text : wholeFile(kind, block.text)
  if (block.words.includes('broken')) await t.rejects(compiled(folder, yaml), { name: 'ConfigErrors' }, `${block.place} is wrong`)
  else await t.resolves(compiled(folder, yaml), `${block.place} compiles`)
}

async function compiled (folder: string, yaml: string): Promise<void> {
  const file = join(folder, 'block.yaml')
  writeFileSync(file, yaml)
  try {
    await compileFiles([file], io)
  } finally {
    rmSync(file)
  }
}

const io: Io = {
  env: {},
  cwd: root,
  rooms: { filters, predicates },
  colours: { out: false, err: false },
  out: () => {},
  err: () => {},
  onSignal: () => {},
  exit: () => {}
}

/** `sh`: run here; `sh serve`: a gateway for what follows; `sh start`: the README's two commands; `sh fails`: ends with an error; `sh ci`, `sh engine`: run elsewhere. */
async function runCommands (t: Test, { words, text: script, place }: Block, session: GuideSession): Promise<Ran> {
  const commands = script.split('\n').map(line => line.replace(/\s+# .*$/, '').trim()).filter(line => line !== '')
  if (words.includes('engine')) t.same(commands.filter(command => !NEEDS_ENGINE.includes(command)), [], `${place} is known to need a container engine`)
  if (words.includes('ci')) t.same(commands.filter(command => !CI.includes(`\n${command}`)), [], `${place} is run by .ci/run`)
  if (words.includes('start')) return await start(t, commands, session)
  if (words.includes('serve')) return await session.serve(commands.join('\n'))
  if (words.includes('ci') || words.includes('engine')) return { status: 0, output: '' }
  const ran = await session.run(script)
  if (words.includes('fails')) t.not(ran.status, 0, `${place} fails`)
  else t.equal(ran.status, 0, `${place} runs: ${ran.output}`)
  return ran
}

/** The two commands that the README begins with: the demo is started as `npm start` does, the tests are running. */
async function start (t: Test, commands: readonly string[], session: GuideSession): Promise<Ran> {
  t.same(commands, ['npm ci && npm start', 'npm ci && npm test'], 'the README has two commands')
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> }
  t.equal(scripts['start'], 'node src/main.ts run routes.yaml --demo')
  session.write('routes.yaml', text('routes.yaml'))
  return await session.serve('gatehouse run routes.yaml --demo')
}

/** `…` in a line is anything on it, a line of its own any lines. */
function shape (expected: string): RegExp {
  const lines = expected.trimEnd().split('\n').map(line => line.trim() === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(literal).join('.*')}\\s*?\\n`)
  return new RegExp(lines.join(''))
}

const literal = (part: string): string => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
