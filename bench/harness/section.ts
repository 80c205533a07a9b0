/** A number that the issue asks for; `value` is null where this run could not measure it. */
export interface Target {
  readonly text: string
  readonly value: number | null
  readonly limit: number
}

/** What one scenario found: a table, the targets it is about, and what a reader should know. */
export interface Section {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: ReadonlyArray<readonly string[]>
  readonly targets: readonly Target[]
  readonly notes: readonly string[]
}

/** Whether a target was met: `-` where it could not be measured. */
export function verdict (target: Target): 'PASS' | 'MISS' | '-' {
  if (target.value === null || Number.isNaN(target.value)) return '-'
  return target.value <= target.limit ? 'PASS' : 'MISS'
}

/** Sets a section as text. */
export function formatSection (section: Section): string {
  const blocks = [`## ${section.title}`, '']
  if (section.rows.length > 0) blocks.push(...table([section.columns, ...section.rows]), '')
  if (section.targets.length > 0) blocks.push(...table(section.targets.map(targetRow)), '')
  blocks.push(...section.notes.map((note) => `note: ${note}`))
  return `${blocks.join('\n').trimEnd()}\n\n`
}

function targetRow (target: Target): string[] {
  const value = target.value === null ? 'not measured' : shorten(target.value)
  return [verdict(target).padEnd(4), target.text.padEnd(56), value, `(at most ${shorten(target.limit)})`]
}

function shorten (value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2)
}

// First column to the left, the others to the right: numbers line up under each other.
function table (rows: ReadonlyArray<readonly string[]>): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => { widths[i] = Math.max(widths[i] ?? 0, cell.length) })
  return rows.map((row) => row.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)).join('  '))
}
