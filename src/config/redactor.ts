/** Names of variables and keys whose values nobody may read in a log. */
const SECRET_NAME = /SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|API_?KEY|(^|[_.-])(KEYS?|PASS|PWD)($|[_.-])/i

const MASK = '***'

/** Shorter values are no secrets, and masking them would spoil every text. */
const MIN_LENGTH = 4

/** Whether a variable or a key is named as one that holds a secret. */
export const looksSecret = (name: string): boolean => SECRET_NAME.test(name)

/** Knows the secrets that references brought into the configuration, and masks them in texts for people. */
export class Redactor {
  readonly #secrets = new Set<string>()
  #longestFirst: readonly string[] = []

  /** Remembers a value, also as it looks inside JSON and URLs, and each line of it. */
  add (value: string): void {
    const lines = value.split(/\r?\n/).map(line => line.trim())
    for (const text of [value, ...lines].flatMap(written)) if (text.length >= MIN_LENGTH) this.#secrets.add(text)
    this.#longestFirst = [...this.#secrets].sort((a, b) => b.length - a.length)
  }

  /** The text with secrets, and `user:password` in URLs, masked. */
  redact (text: string): string {
    let out = text
    for (const secret of this.#longestFirst) out = out.replaceAll(secret, MASK)
    return out.replace(/(?<=:\/\/)[^\s/?#"']*@/g, `${MASK}@`)
  }
}

const written = (value: string): string[] => [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())]
