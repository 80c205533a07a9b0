import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { dirname, join, parse, resolve, sep } from 'node:path'

/** As many as Linux follows (path_resolution(7)). */
const MAX_LINKS = 40

/**
 * The folders in which something happens when one of these paths comes to hold something else: that of the file itself, that of each link
 * on the way to it, and, where a part of the way is missing, the one in which it would appear.
 */
export function watchedFolders (paths: readonly string[]): Set<string> {
  const folders = new Set<string>()
  for (const path of paths) follow(resolve(path), folders, MAX_LINKS)
  return folders
}

function follow (path: string, folders: Set<string>, links: number): void {
  const { root } = parse(path)
  const parts = path.slice(root.length).split(sep)
  let folder = root
  for (const [i, part] of parts.entries()) {
    const here = join(folder, part)
    const stats = lookAt(here)
    if (!stats?.isDirectory()) {
      folders.add(folder)
      if (stats?.isSymbolicLink() && links > 0) follow(resolve(folder, readlinkSync(here), ...parts.slice(i + 1)), folders, links - 1)
      return
    }
    folder = here
  }
  folders.add(folder)
  // A folder that is put in the place of another one
  folders.add(dirname(folder))
}

function lookAt (path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
