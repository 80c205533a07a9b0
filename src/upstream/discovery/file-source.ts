import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DiscoveryConfig } from '../../contract/route-file.ts'
import { messageOf } from '../message-of.ts'
import { readEndpoints } from './read-endpoints.ts'
import type { Begin, SourceDeps, Told } from './source.ts'

/** Where nothing tells of changes, as on some network file systems, they are seen so late. */
const POLL_MS = 10_000

/** The endpoints in a file: read at once, and whenever it changes. A file that is broken, or gone, leaves those of the last good one. */
export function fileSource ({ file }: Extract<DiscoveryConfig, { file: string }>): Begin {
  return (deps, told) => {
    const path = resolve(deps.baseFolder, file)
    const look = reader(path, deps, told)
    const stop = new AbortController()
    const poll = async () => {
      for (;;) {
        await deps.clock.sleep(POLL_MS, stop.signal)
        look()
      }
    }
    look()
    const unwatch = watched(path, deps, look)
    poll().catch((error: unknown) => { if (!stop.signal.aborted) throw error })
    return {
      asked: Promise.resolve(),
      close: () => {
        stop.abort()
        unwatch()
      }
    }
  }
}

/** Reads the file where it may be another one than before. */
function reader (path: string, { log, upstream }: SourceDeps, told: Told): () => void {
  let before = ''
  let fault = ''
  return () => {
    const now = identityOf(path)
    if (now === before) return
    before = now
    try {
      told(readEndpoints(path))
      if (fault !== '') log.info({ 'gatehouse.upstream': upstream, 'gatehouse.discovery': path }, 'file of endpoints is good again')
      fault = ''
    } catch (error) {
      if (messageOf(error) !== fault) log.error({ 'gatehouse.upstream': upstream, 'gatehouse.discovery': path, 'error.message': messageOf(error) }, 'file of endpoints is broken: those of the last good one stay')
      fault = messageOf(error)
    }
  }
}

/** Another file, other content or another time of it. */
function identityOf (path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join()
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

function watched (path: string, { watch, log, upstream }: SourceDeps, changed: () => void): () => void {
  try {
    return watch([path], changed)
  } catch (error) {
    log.warn({ 'gatehouse.upstream': upstream, 'gatehouse.discovery': path, 'error.message': messageOf(error) }, `file of endpoints cannot be watched: it is looked at every ${POLL_MS / 1000}s`)
    return () => {}
  }
}
