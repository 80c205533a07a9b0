/** A fenced block of a Markdown page: its language, the words behind it and where it begins. */
export interface Block { readonly language: string, readonly words: readonly string[], readonly text: string, readonly place: string }

/** The fenced blocks of a page (CommonMark 4.5), in order. */
export function blocksOf (page: string, markdown: string): Block[] {
  const found: Block[] = []
  let open: { info: string, line: number, lines: string[] } | null = null
  for (const [i, line] of markdown.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line)
    if (open === null) {
      if (fence) open = { info: fence[1]!.trim(), line: i + 1, lines: [] }
    } else if (line === '```') {
      const [language = '', ...words] = open.info.split(/\s+/)
      found.push({ language, words, text: `${open.lines.join('\n')}\n`, place: `${page}:${open.line}` })
      open = null
    } else open.lines.push(line)
  }
  return found
}

/** The file that a block is, by the word behind its language: `yaml routes.yaml`. */
export const fileOf = ({ words }: Block): string | undefined => words.find(word => word.includes('.'))
