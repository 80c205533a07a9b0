import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ConfigError } from '../contract/config-error.ts'

/** One file to read: as the operator named it, for errors, and where it is. */
export interface FoundFile { readonly name: string, readonly path: string }

/** What the given paths stand for. `folders` are absolute: a file that appears in one belongs to the configuration. */
export interface Found { readonly files: readonly FoundFile[], readonly folders: readonly string[], readonly faults: readonly ConfigError[] }

/** Expands the operator's paths: a file is itself, a folder its YAML and JSON files in the order of their names, not those of its folders. */
export async function findFiles (paths: readonly string[]): Promise<Found> {
  const files = new Map<string, FoundFile>()
  const folders: string[] = []
  const faults: ConfigError[] = []
  for (const path of paths) {
    try {
      const isFolder = (await stat(path)).isDirectory()
      if (isFolder) folders.push(resolve(path))
      for (const name of isFolder ? await filesIn(path) : [path]) files.set(resolve(name), { name, path: resolve(name) })
    } catch (error) {
      faults.push(unreadable(path, error))
    }
  }
  return { files: [...files.values()], folders, faults }
}

async function filesIn (folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(name => /^[^.].*\.(ya?ml|json)$/.test(name)).sort()
  if (names.length === 0) throw new ConfigError('GW_CONFIG_UNREADABLE', '', 'no *.yaml, *.yml or *.json in this folder', folder, folder)
  return names.map(name => join(folder, name))
}

/** The fault that a file could not be read, whatever was thrown. */
export function unreadable (file: string, error: unknown): ConfigError {
  if (error instanceof ConfigError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = REASONS[code] ?? (code || (error instanceof Error ? error.message : String(error)))
  return new ConfigError('GW_CONFIG_UNREADABLE', '', reason, file, file)
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'no permission to read it',
  EISDIR: 'this is a folder'
}
