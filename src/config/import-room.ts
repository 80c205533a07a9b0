import { registerHooks } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConfigError } from '../contract/config-error.ts'

/** An imported module and its file. */
export interface Imported { readonly path: string, readonly namespace: object }

/** Scheme of specifiers that only our hook knows. */
const FROM = 'gatehouse-plugin:'

interface Wanted { readonly specifier: string, readonly parentURL: string, path: string | null }

const imports = new Map<string, Wanted>()
let hooked = false

/**
 * Imports a file URL or a package as a module beside `file` would. ConfigError GW_CONFIG_BAD_ROOM where it is found and cannot be
 * loaded, any other Error where it is not found.
 */
export async function importRoom (specifier: string, file: string): Promise<Imported> {
  provideContract()
  const parentURL = pathToFileURL(file).href
  const name = `${FROM}${encodeURIComponent(specifier)}?${encodeURIComponent(parentURL)}`
  const wanted: Wanted = imports.get(name) ?? { specifier, parentURL, path: null }
  imports.set(name, wanted)
  try {
    const namespace = await import(name) as object
    return { path: wanted.path!, namespace }
  } catch (error) {
    if (wanted.path === null) throw error
    throw new ConfigError('GW_CONFIG_BAD_ROOM', '', `${wanted.path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const pathOf = (url: string): string => url.startsWith('file:') ? fileURLToPath(url) : url

/**
 * Rooms get the contract of the gateway that runs them, whatever copy lies beside them: one `GatewayError`, one `Exchange`. And
 * a package is looked for from the folder of the route file, by the conditions of `import`.
 */
function provideContract (): void {
  if (hooked) return
  hooked = true
  const own = new Map(['contract', 'testing'].map(name => [`gatehouse/${name}`, new URL(`../${name}/index${extname(import.meta.url)}`, import.meta.url).href]))
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = own.get(specifier)
      if (url !== undefined) return { url, shortCircuit: true }
      const wanted = imports.get(specifier)
      if (!wanted) return next(specifier, context)
      const found = next(wanted.specifier, { ...context, parentURL: wanted.parentURL })
      wanted.path = pathOf(found.url)
      return found
    }
  })
}
