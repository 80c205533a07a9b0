import { LineCounter, parseAllDocuments, type Document, type YAMLError } from 'yaml'
import { ConfigError } from '../contract/config-error.ts'
import { buildTree } from './build-tree.ts'
import { placeOf } from './source.ts'
import type { Tree } from './tree.ts'

/** The documents of one file, and what is wrong with it as YAML: a GW_CONFIG_SYNTAX among it leaves documents out. */
export interface Parsed { readonly documents: readonly Tree[], readonly lines: LineCounter, readonly faults: readonly ConfigError[] }

/** Parses YAML 1.2 with the core schema, and JSON with it. Empty documents are left out. */
export function parseDocuments (file: string, text: string): Parsed {
  const lines = new LineCounter()
  const faults: ConfigError[] = []
  const fault = (code: 'GW_CONFIG_SYNTAX' | 'GW_CONFIG_DUPLICATE', start: number, detail: string) => {
    faults.push(new ConfigError(code, '', detail, file, placeOf({ file, lines }, { start, end: start })))
  }
  const documents = parse(text, lines)
  for (const found of documents.flatMap(firstMistake)) {
    fault('GW_CONFIG_SYNTAX', found.pos[0], sayMore(found.message, text, found.pos[0]))
  }
  if (faults.length > 0) return { documents: [], lines, faults }
  const place = (start: number) => placeOf({ file, lines }, { start, end: start })
  const trees = documents.flatMap(document => buildTree(document, { fault, place }) ?? [])
  return { documents: trees.filter(tree => tree.kind !== 'leaf' || tree.value !== null), lines, faults }
}

function parse (text: string, lines: LineCounter): Document.Parsed[] {
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false, // checked with the tree, where both places are known and a long map costs linear time
    schema: 'core',
    resolveKnownTags: false,
    logLevel: 'silent'
  })
  return 'empty' in documents ? [] : documents
}

/** What follows a first mistake is mostly a consequence of it. */
const firstMistake = ({ errors, warnings }: Document.Parsed): Pick<YAMLError, 'pos' | 'message'>[] =>
  [...errors, ...warnings].sort((a, b) => a.pos[0] - b.pos[0]).slice(0, 1)

function sayMore (message: string, text: string, at: number): string {
  if (/stack (size|overflow)/i.test(message)) return 'nested too deeply'
  const reference = text.slice(Math.max(0, at - 1), at + 2).includes('${')
  return reference ? 'a reference inside { } or [ ] must stand in quotes' : message
}
