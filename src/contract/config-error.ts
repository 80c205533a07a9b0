/** Every way a route file can be wrong. The code is stable, the text is for people. */
export const CONFIG_ERRORS = {
  GW_CONFIG_UNREADABLE: 'the file cannot be read',
  GW_CONFIG_SYNTAX: 'not valid YAML',
  GW_CONFIG_INTERPOLATION: 'a reference cannot be resolved',
  GW_CONFIG_UNKNOWN_KEY: 'unknown key',
  GW_CONFIG_INVALID: 'not an allowed value',
  GW_CONFIG_DUPLICATE: 'defined twice',
  GW_CONFIG_UNKNOWN_FILTER: 'no filter has this name',
  GW_CONFIG_UNKNOWN_PREDICATE: 'no predicate has this name',
  GW_CONFIG_UNKNOWN_UPSTREAM: 'no upstream has this name',
  GW_CONFIG_UNKNOWN_ROUTE: 'no route has this id',
  GW_CONFIG_UNKNOWN_ISSUER: 'no issuer has this name',
  GW_CONFIG_UNKNOWN_KEY_RING: 'no key ring has this name',
  GW_CONFIG_NO_EFFECT: 'the option has no effect here',
  GW_CONFIG_EXPRESSION: 'not a valid expression',
  GW_CONFIG_NO_EQUIVALENT: 'has no equivalent in Gatehouse',
  GW_CONFIG_BAD_ROOM: 'not a valid room',
  GW_CONFIG_SHADOWED: 'an earlier route always takes its requests'
} as const

export type ConfigErrorCode = keyof typeof CONFIG_ERRORS

/** Faults with which the version of a route from before may not go on either: it trusts somebody whom the file no longer knows. */
export const ENDS_TRUST: ReadonlySet<ConfigErrorCode> = new Set(['GW_CONFIG_UNKNOWN_ISSUER'] as const)

/** A place in a source: the file as it was named, and a JSON pointer (RFC 6901) into it. */
export interface Origin { readonly file: string, readonly pointer: string }

/**
 * A fault in the configuration. A room throws one with a pointer into its own config (`/rate`); whoever called the room
 * puts the way to it before that (`under`), and the loader names the place as `file:line:column` (`located`).
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code: ConfigErrorCode
  readonly pointer: string
  /** What is wrong, in words that tell what is allowed. Never holds an interpolated value. */
  readonly detail: string
  readonly file: string
  /** `file:line:column`, '' until it is known. */
  readonly place: string

  constructor (code: ConfigErrorCode, pointer: string, detail: string = CONFIG_ERRORS[code], file = '', place = '', path = pointer.slice(1)) {
    super(`${[place || file, path].filter(Boolean).join(' ') || 'configuration'}: ${detail} [${code}]`)
    this.code = code
    this.pointer = pointer
    this.detail = detail
    this.file = file
    this.place = place
  }

  /** The same fault, seen from the file. */
  under (origin: Origin): ConfigError {
    return new ConfigError(this.code, origin.pointer + this.pointer, this.detail, origin.file)
  }

  /** The same fault with its line and column, and the path as people read it (`routes/orders/filters/1`). */
  located (place: string, path: string): ConfigError {
    return new ConfigError(this.code, this.pointer, this.detail, this.file, place, path)
  }
}

/** Several faults at once: all that could be found. */
export class ConfigErrors extends Error {
  override readonly name = 'ConfigErrors'
  readonly errors: readonly ConfigError[]

  constructor (errors: readonly ConfigError[]) {
    super(errors.map(error => error.message).join('\n'))
    this.errors = errors
  }
}
