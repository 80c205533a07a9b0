import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, watch, type FSWatcher } from 'node:fs'
import { watchedFolders } from './watched-folders.ts'

/** A file is read once nothing has happened for so long: whoever writes it may not be done. */
const QUIET_MS = 100
/** But no later than this. */
const LATEST_MS = 2000

/**
 * Calls back when one of these files, or what is in these folders, has other content than before. Folders are watched and not files,
 * so that a file put in place by a rename or by Kubernetes' link swap is seen. Gives the way to stop.
 */
export function watchFiles (paths: readonly string[], changed: () => void): () => void {
  let watchers: FSWatcher[] = []
  let timer: NodeJS.Timeout | null = null
  let latest = 0
  const happened = () => {
    if (timer === null) latest = performance.now() + LATEST_MS
    else if (performance.now() > latest) return
    else clearTimeout(timer)
    timer = setTimeout(look, QUIET_MS)
  }
  const stop = () => {
    if (timer) clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
  // Anew each time: links may lead elsewhere now, and a folder that was made again is another one
  const follow = () => {
    const before = watchers
    watchers = [...watchedFolders(paths)].flatMap(folder => watchFolder(folder, happened))
    for (const watcher of before) watcher.close()
  }
  const look = () => {
    timer = null
    follow()
    const now = digest(paths)
    if (now === before) return
    before = now
    changed()
  }
  follow()
  let before = digest(paths)
  return stop
}

/** None where the folder went away meanwhile: then it is looked for once more. */
function watchFolder (folder: string, happened: () => void): FSWatcher[] {
  try {
    return [watch(folder, happened).on('error', happened)]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    happened()
    return []
  }
}

/** What the paths hold now, names and contents; what cannot be read counts as that. */
function digest (paths: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of paths) {
    hash.update(`\n${path}\n`)
    try {
      hash.update(contentOf(path))
    } catch (error) {
      hash.update(String((error as NodeJS.ErrnoException).code))
    }
  }
  return hash.digest('hex')
}

/** Hidden files are no configuration, and editors keep theirs there. What is no file, such as a pipe, can be read only once. */
function contentOf (path: string): string | Buffer {
  const stats = statSync(path)
  if (stats.isDirectory()) return readdirSync(path).filter(name => !name.startsWith('.')).sort().join('\n')
  return stats.isFile() ? readFileSync(path) : ''
}
