import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The file URL of a module as it is where we run. `rewriteRelativeImportExtensions` leaves URLs as they are, so what was built has `.js` where its source names `.ts`; a room that
 * an operator wrote may be a `.ts` all the same. `self`: URL of one of our own modules.
 */
export function asideModule (module: string, self: string): string {
  if (!self.endsWith('.js') || !module.endsWith('.ts') || existsSync(fileURLToPath(module))) return module
  return module.replace(/\.ts$/, '.js')
}
