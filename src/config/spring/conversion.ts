import { ConfigError, type ConfigErrorCode } from '../../contract/config-error.ts'
import type { Findings } from '../findings.ts'
import { valueAsWritten } from '../locate.ts'
import type { Redactor } from '../redactor.ts'
import type { RoomCatalogue } from '../room-catalogue.ts'
import { placeOf, type Source } from '../source.ts'
import type { Span } from '../tree.ts'

/** What a Spring file is converted with. */
export interface SpringOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly secrets: Redactor
  readonly rooms: RoomCatalogue
  readonly findings: Findings
  /** A placeholder without a value: a fault, or kept as a reference of the native file (import). */
  readonly missing: 'fault' | 'keep'
}

/** One conversion under way: knows the file, and which route is being converted. */
export class Conversion {
  readonly source: Source
  readonly options: SpringOptions
  /** The route of the native form that faults are of; '' for none. */
  pointer = ''

  constructor (source: Source, options: SpringOptions) {
    this.source = source
    this.options = options
  }

  /** A fault at a place of the Spring file, with the way to it in Spring's words. */
  refuse (span: Span, path: string, detail: string, code: ConfigErrorCode = 'GW_CONFIG_NO_EQUIVALENT'): void {
    const isAboutValue = code === 'GW_CONFIG_INVALID' && detail.startsWith('expected ')
    const instead = isAboutValue ? `, not ${valueAsWritten({ kind: 'leaf', span }, this.source.text)}` : ''
    this.options.findings.faults.push(this.#finding(span, path, detail + instead, code))
  }

  warn (span: Span, path: string, detail: string): void {
    this.options.findings.warnings.push(this.#finding(span, path, detail, 'GW_CONFIG_NO_EFFECT'))
  }

  #finding (span: Span, path: string, detail: string, code: ConfigErrorCode): ConfigError {
    const { secrets } = this.options
    return new ConfigError(code, this.pointer, secrets.redact(detail), this.source.file, placeOf(this.source, span), secrets.redact(path))
  }
}
