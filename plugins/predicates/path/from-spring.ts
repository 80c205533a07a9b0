type Args = Readonly<Record<string, string | string[]>>

/** Spring's arguments of `Path`: its shortcut may end in the flag, whose older name is `matchOptionalTrailingSeparator`. */
export function fromSpring ({ patterns = [], matchTrailingSlash, matchOptionalTrailingSeparator }: Args) {
  const { texts, flag } = split(typeof patterns === 'string' ? patterns.split(',').map(text => text.trim()) : patterns)
  const named = matchTrailingSlash ?? matchOptionalTrailingSeparator ?? flag
  return { patterns: texts, trailingSlash: named === undefined ? undefined : String(named).toLowerCase() !== 'false' }
}

function split (texts: readonly string[]): { texts: readonly string[], flag?: string } {
  const last = texts.at(-1)?.toLowerCase()
  return last === 'true' || last === 'false' ? { texts: texts.slice(0, -1), flag: last } : { texts }
}
