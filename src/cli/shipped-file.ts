const ROOT = import.meta.url.endsWith('.ts') ? '../../' : '../../../'

/** A file at the root of the package, from the sources and from `dist` alike. */
export const shippedFile = (name: string): URL => new URL(ROOT + name, import.meta.url)

/** Whether the sources run as they are, and not the built package. */
export const RUNS_FROM_SOURCES = import.meta.url.endsWith('.ts')
