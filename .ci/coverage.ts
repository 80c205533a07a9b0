import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { relative } from 'node:path'

// Tells the line coverage of src/ and plugins/ from tap's report. A file that no test loads counts with all its lines, unless it holds types only.
interface Lines { readonly total: number, readonly covered: number }

const minimum = Number(process.argv[2])
const report = JSON.parse(readFileSync('.tap/report/coverage-summary.json', 'utf8')) as Record<string, { lines: Lines }>
const measured = new Map(Object.entries(report).map(([path, { lines }]) => [relative('.', path), lines]))
const files = globSync(['src/**/*.ts', 'plugins/**/*.ts']).flatMap(path => {
  const lines = measured.get(path) ?? unloaded(path)
  return lines.total === 0 ? [] : [{ path, ...lines }]
})
const total = files.reduce((sum, file) => sum + file.total, 0)
const covered = files.reduce((sum, file) => sum + file.covered, 0)
const percent = Math.floor(covered / total * 10_000) / 100

for (const { path, ...lines } of files.filter(isThin).sort((a, b) => a.covered / a.total - b.covered / b.total)) {
  process.stdout.write(`  ${(lines.covered / lines.total * 100).toFixed(1).padStart(5)} %  ${path}\n`)
}
process.stdout.write(`Line coverage of src/ and plugins/: ${percent} % (${covered} of ${total} lines in ${files.length} files)\n`)
if (!(percent >= minimum)) {
  process.stderr.write(`that is less than ${minimum} %\n`)
  process.exitCode = 1
}

function isThin ({ total, covered }: Lines): boolean {
  return covered / total * 100 < minimum
}

function unloaded (path: string): Lines {
  const source = readFileSync(path, 'utf8')
  const code = stripTypeScriptTypes(source).replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '').replace(/^\s*(import|export) .*$/gm, '').trim()
  return { total: code === '' ? 0 : source.split('\n').length, covered: 0 }
}
