import { basename } from 'node:path'
import { compileRoute } from '../../../src/plan/compile-route.ts'
import { ConfigErrors, type ConfigError } from '../../../src/contract/config-error.ts'
import type { Use } from '../../../src/contract/route-file.ts'
import { loadConfig, type LoadedConfig, type LoadOptions } from '../../../src/config/load-config.ts'
import { fakeServices } from '../../../src/testing/index.ts'
import { rooms } from './fake-rooms.ts'

/** Loads files that are given as texts; `env` and what else is loaded with can be given. */
export function loadTexts (files: Readonly<Record<string, string>>, options: Partial<LoadOptions> = {}): Promise<LoadedConfig> {
  const readFile = async (path: string) => {
    const text = files[path] ?? files[basename(path)]
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return new TextEncoder().encode(text)
  }
  return loadConfig(Object.keys(files).filter(name => /\.(ya?ml|json)$/.test(name)), { env: {}, rooms, readFile, ...options })
}

/** Loads one native file that begins with its version. */
export const loadNative = (text: string, options?: Partial<LoadOptions>): Promise<LoadedConfig> =>
  loadTexts({ 'routes.yaml': `version: 1\n${text}` }, options)

/** The faults of files, of the loader or else of the compiler, as they are printed. */
export async function faultsOf (loading: Promise<LoadedConfig>): Promise<string[]> {
  try {
    return compileFaults(await loading).map(fault => fault.message)
  } catch (error) {
    if (error instanceof ConfigErrors) return error.errors.map(fault => fault.message)
    throw error
  }
}

/** What the compiler says of a configuration, with places. */
export function compileFaults ({ config, locate }: LoadedConfig): ConfigError[] {
  const services = fakeServices()
  return config.routes.flatMap(route => compileRoute(route, {
    rooms,
    services: (routeId, filter) => ({ ...services, metrics: services.registry.scope({ route: routeId, filter }), close: () => {} }),
    upstream: () => ({ dispatch: () => { throw new Error('not called') }, close: () => {} })
  }).faults).map(locate)
}

/** Uses as they compare: without their places. */
export const plain = (uses: readonly Use[]): unknown[] => uses.map(({ name, config, when, report }) => ({ name, config, when, report }))

/** A configuration as it compares: without places, and without the form it was written in. */
export const comparable = ({ config }: LoadedConfig): unknown =>
  JSON.parse(JSON.stringify(config, (key, value: unknown) => ['origin', 'configOrigin', 'settingsOrigin', 'written'].includes(key) ? undefined : value instanceof Map ? [...value] : value))
