import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate and its key, PEM. */
export interface Identity { readonly cert: string, readonly key: string }

/** An authority that issues what a test needs, by the openssl of this machine. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gatehouse-ca-'))
  readonly #name: string
  #issued = 0

  constructor (name: string) {
    this.#name = name
    this.#openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', this.#path('ca.key'), '-out', this.#path('ca.pem'))
  }

  get cert (): string { return this.#read('ca.pem') }
  /** Where the certificate of the authority is. */
  get file (): string { return this.#path('ca.pem') }

  /** `names`: `DNS:a.test`, `IP:127.0.0.1`. */
  issue (names: string): Identity {
    const base = `${this.#issued++}`
    writeFileSync(this.#path(`${base}.ext`), `subjectAltName=${names}`)
    this.#openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${this.#name} ${base}`, '-keyout', this.#path(`${base}.key`), '-out', this.#path(`${base}.csr`))
    this.#openssl('x509', '-req', '-in', this.#path(`${base}.csr`), '-CA', this.#path('ca.pem'), '-CAkey', this.#path('ca.key'), '-days', '1', '-extfile', this.#path(`${base}.ext`), '-out', this.#path(`${base}.pem`))
    return { cert: this.#read(`${base}.pem`), key: this.#read(`${base}.key`) }
  }

  remove (): void {
    rmSync(this.#folder, { recursive: true })
  }

  #openssl (...args: string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  }

  #path (name: string): string { return join(this.#folder, name) }
  #read (name: string): string { return readFileSync(this.#path(name), 'utf8') }
}
