import { Config, definePredicate, HeaderName, pattern, Regex, Type } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'header',
  config: Config({
    name: HeaderName({ description: 'Header that must be there.' }),
    matches: Type.Optional(Regex({ description: 'Pattern that one of its values must fit as a whole.' }))
  }),
  shorthand: 'name',
  spring: {
    name: 'Header',
    args: ['header', 'regexp'],
    // Spring takes a pattern without text for none
    toConfig: ({ header, regexp }) => ({ name: header, matches: String(regexp ?? '').trim() === '' ? undefined : regexp })
  },

  create: ({ name, matches }) => {
    const header = name.toLowerCase()
    if (matches === undefined) return { match: x => x.headers.has(header) }
    const fits = pattern(matches, '/matches')
    return { match: x => x.headers.all(header).some(line => fits.matches(line) || elements(line).some(value => fits.matches(value))) }
  }
})

/** Elements of a list-valued field (RFC 9110 5.6.1): a comma in a quoted string separates nothing; what is quoted as a whole counts without quotes too. */
function elements (line: string): string[] {
  if (!line.includes('"')) return line.split(',').map(value => value.trim())
  return splitQuoted(line).flatMap(value => /^".*"$/.test(value) ? [value, value.slice(1, -1).replace(/\\(.)/g, '$1')] : [value])
}

function splitQuoted (line: string): string[] {
  const found: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '"') quoted = !quoted
    else if (line[at] === '\\' && quoted) at++
    else if (line[at] === ',' && !quoted) {
      found.push(line.slice(start, at).trim())
      start = at + 1
    }
  }
  return [...found, line.slice(start).trim()]
}
