/** The parts of an http URL that a request is made of; the path and query exactly as written. */
export interface SplitUrl {
  readonly scheme: 'http' | 'https'
  /** `user:password`, null for none. */
  readonly user: string | null
  readonly authority: string
  /** Path and query. */
  readonly target: string
}

/** Takes an absolute http or https URL apart without touching its path: what is wrong with it is what shall be explained. Null for anything else. */
export function splitUrl (text: string): SplitUrl | null {
  const [, scheme, user, authority, rest = ''] = /^(https?):\/\/(?:([^/?#@]*)@)?([^/?#@]+)([^#]*)/i.exec(text) ?? []
  if (scheme === undefined) return null
  return { scheme: scheme.toLowerCase() as 'http' | 'https', user: user ?? null, authority: authority!, target: rest.startsWith('/') ? rest : `/${rest}` }
}
