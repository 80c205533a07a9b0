import type { KeyRow } from './key-rows.ts'

/** A table of Markdown; a bar in a cell ends no cell. */
export function table (head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll(/(?<!\\)\|/g, '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** The reference table of a schema's keys. */
export const keyTable = (rows: readonly KeyRow[]): string =>
  table(['key', 'takes', 'default', 'meaning'], rows.map(row => [`\`${row.key}\``, row.takes, row.byDefault, row.meaning]))

/** What stands at the top of each generated page. */
export const generated = (title: string, lead: string): string =>
  `# ${title}\n\n<!-- Made by \`npm run docs\` out of the sources; change those. -->\n\n${lead}`
