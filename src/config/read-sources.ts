import { resolve } from 'node:path'
import { ConfigError } from '../contract/config-error.ts'
import { findFiles, unreadable, type Found, type FoundFile } from './find-files.ts'
import { overlayDocuments, uniteDocuments } from './merge-documents.ts'
import { parseDocuments } from './parse-documents.ts'
import { readText, type ReadFile } from './read-text.ts'
import { placeOf, type Source } from './source.ts'
import type { Branch } from './tree.ts'

/** The files of a configuration, parsed, with references not yet resolved. */
export interface ReadSources extends Found {
  readonly sources: readonly Source[]
  /** No file is missing among them. */
  readonly complete: boolean
}

const MAX_BYTES = 16 * 1024 ** 2

/** Finds, reads and parses. Files that are not sound YAML are left out, with their faults. */
export async function readSources (paths: readonly string[], readFile?: ReadFile): Promise<ReadSources> {
  const { files, folders, faults } = await find(paths, readFile)
  const read = await Promise.all(files.map(file => readSource(file, readFile)))
  return {
    sources: read.flatMap(({ source }) => source ?? []),
    complete: faults.length === 0 && read.every(({ source }) => source !== null),
    files,
    folders,
    faults: [...faults, ...read.flatMap(({ faults }) => faults)]
  }
}

async function find (paths: readonly string[], readFile: ReadFile | undefined): Promise<Found> {
  if (paths.length === 0) return { files: [], folders: [], faults: [new ConfigError('GW_CONFIG_UNREADABLE', '', 'no file or folder is given')] }
  if (!readFile) return await findFiles(paths)
  return { files: paths.map(name => ({ name, path: resolve(name) })), folders: [], faults: [] }
}

async function readSource ({ name, path }: FoundFile, readFile: ReadFile | undefined): Promise<{ source: Source | null, faults: readonly ConfigError[] }> {
  let text: string
  try {
    text = await readText(path, MAX_BYTES, readFile)
  } catch (error) {
    return { source: null, faults: [unreadable(name, error)] }
  }
  const { documents, lines, faults } = parseDocuments(name, text)
  if (faults.some(({ code }) => code === 'GW_CONFIG_SYNTAX')) return { source: null, faults }
  const base = { file: name, path, text, lines }
  const [root, wrong] = asMaps(documents, base)
  return wrong ? { source: null, faults: [...faults, wrong] } : join(root, base, faults)
}

function asMaps (documents: ReturnType<typeof parseDocuments>['documents'], where: Pick<Source, 'file' | 'lines'>): [Branch[], ConfigError | null] {
  const maps = documents.filter(document => document.kind === 'map')
  const other = documents.find(document => document.kind !== 'map')
  const [place, what] = other ? [placeOf(where, other.span), 'is not a map'] : [`${where.file}:1:1`, 'is empty']
  if (!other && maps.length > 0) return [maps, null]
  return [[], new ConfigError('GW_CONFIG_INVALID', '', `the document ${what}: expected version, gateway, upstreams, filters, routes or plugins as keys`, where.file, place)]
}

function join (documents: Branch[], base: Omit<Source, 'root' | 'spring'>, before: readonly ConfigError[]): { source: Source, faults: readonly ConfigError[] } {
  const spring = documents.some(isSpring)
  const faults = [...before]
  const root = spring ? overlayDocuments(documents) : uniteDocuments(documents, base, faults)
  return { source: { ...base, root, spring }, faults }
}

/** A Spring Boot file, by its `spring:` section or keys such as `spring.cloud.gateway.routes`. */
const isSpring = ({ entries }: Branch): boolean => [...entries.keys()].some(key => key === 'spring' || key.startsWith('spring.'))
