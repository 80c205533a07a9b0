import { ConfigError, type ConfigErrorCode, type Origin } from '../contract/config-error.ts'
import { follow, placeOf, type Source } from './source.ts'

/** What is found while the sources are read: faults and warnings, each with its origin and not yet its place. */
export class Findings {
  readonly faults: ConfigError[] = []
  readonly warnings: ConfigError[] = []

  add (code: ConfigErrorCode, { file, pointer }: Origin, detail: string): void {
    this.faults.push(new ConfigError(code, pointer, detail, file))
  }

  warn (code: ConfigErrorCode, { file, pointer }: Origin, detail: string): void {
    this.warnings.push(new ConfigError(code, pointer, detail, file))
  }

  /** Takes over faults of a part that knows only its own pointers. */
  under (origin: Origin, faults: readonly ConfigError[]): void {
    this.faults.push(...faults.map(fault => fault.under(origin)))
  }
}

/** The place of a part inside another. */
export const inside = ({ file, pointer }: Origin, way: string): Origin => ({ file, pointer: pointer + way })

/** `file:line:column` of an origin, for a fault elsewhere that speaks of it. */
export function placeIn (sources: readonly Source[], { file, pointer }: Origin): string {
  const source = sources.find(candidate => candidate.file === file)
  if (!source) return file
  const { node, key } = follow(source.root, pointer)
  return placeOf(source, key ?? node.span)
}
