import { stripVTControlCharacters } from 'node:util'

/** One column. Numbers stand to the right. */
export interface Column { readonly title: string, readonly right?: boolean }

/** Lines of columns, two spaces between them; colours count for nothing. Each line begins with `indent`. */
export function textTable (columns: readonly Column[], rows: readonly (readonly string[])[], indent = ''): string {
  const all = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, i) => Math.max(...all.map(row => widthOf(row[i] ?? ''))))
  const line = (row: readonly string[]) => columns.map(({ right }, i) => aligned(row[i] ?? '', widths[i]!, right === true)).join('  ').trimEnd()
  return all.map(row => `${indent}${line(row)}\n`).join('')
}

const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length

function aligned (text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return right ? space + text : text + space
}
