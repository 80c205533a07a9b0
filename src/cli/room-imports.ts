import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Specifiers } from './room-skeleton.ts'
import { RUNS_FROM_SOURCES, shippedFile } from './shipped-file.ts'

const INSTALLED: Specifiers = { contract: 'gatehouse/contract', testing: 'gatehouse/testing' }

/** What a room in this folder (without links) imports: the package, or in a clone, where there is none, the sources that the CLI itself runs from. */
export function roomImports (folder: string, fromSources: boolean = RUNS_FROM_SOURCES): Specifiers {
  const to = (name: string) => relative(folder, fileURLToPath(shippedFile(`src/${name}/index.ts`))).split(sep).join('/')
  return fromSources ? { contract: to('contract'), testing: to('testing') } : INSTALLED
}

/** Whether the room can be tested by itself. `run` brings the contract along; a test needs the package to be found from its folder. */
export function canImport (folder: string, fromSources: boolean = RUNS_FROM_SOURCES): boolean {
  if (fromSources) return true
  try {
    createRequire(join(folder, 'index.ts')).resolve(INSTALLED.testing)
    return true
  } catch {
    return false
  }
}
