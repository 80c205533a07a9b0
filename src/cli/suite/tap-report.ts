import { stringify } from 'yaml'

/** Writes TAP version 14 (testanything.org), one line for each test as it ends. */
export class TapReport {
  readonly #out: (text: string) => void
  readonly #redact: (text: string) => string
  #count = 0
  failed = 0

  /** `total`: how many tests there will be; `why`: what to say where there are none. `redact` masks each text by itself, so that no mask can break the document. */
  constructor (out: (text: string) => void, redact: (text: string) => string, total: number, why: string) {
    this.#out = out
    this.#redact = redact
    out(`TAP version 14\n1..${total}${total === 0 ? ` # SKIP ${why}` : ''}\n`)
  }

  pass (name: string): void {
    this.#out(`ok ${++this.#count} - ${escaped(this.#redact(name))}\n`)
  }

  fail (name: string, diagnostics: object): void {
    this.failed++
    const yaml = stringify(diagnostics, (_key, value: unknown) => typeof value === 'string' ? this.#redact(value) : value, { lineWidth: 0 }).trimEnd().replace(/^/gm, '  ')
    this.#out(`not ok ${++this.#count} - ${escaped(this.#redact(name))}\n  ---\n${yaml}\n  ...\n`)
  }

  comment (text: string): void {
    this.#out(text.replace(/^/gm, '# ') + '\n')
  }
}

/** `#` would begin a directive. */
const escaped = (name: string): string => name.replace(/\s+/g, ' ').replace(/[\\#]/g, '\\$&')
