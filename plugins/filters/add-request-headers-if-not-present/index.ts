import { Config, ConfigError, defineFilter, HeaderValue, List, settableHeader, template, Type, type HeaderList, type Template } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'add-request-headers-if-not-present',
  config: Config({
    headers: Type.Record(Type.String(), List(HeaderValue()), {
      description: 'Header -> its value or values where the client sent none; `{variable}` is a captured variable.'
    })
  }),
  spring: { name: 'AddRequestHeadersIfNotPresent', args: ['...keyValues'], toConfig: ({ keyValues = [] }) => ({ headers: fromPairs([keyValues].flat()) }) },

  create: ({ headers }) => {
    const defaults = compile(headers)
    return {
      request: x => {
        for (const { header, values } of defaults) {
          if (!blank(x.headers, header)) continue
          x.headers.delete(header)
          for (const value of values) x.headers.append(header, value(x))
        }
      }
    }
  }
})

interface Default { readonly header: string, readonly values: readonly Template[] }

function compile (headers: Readonly<Record<string, readonly string[]>>): readonly Default[] {
  const defaults = new Map<string, Default>()
  for (const [name, values] of Object.entries(headers)) {
    const pointer = `/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const header = settableHeader(name, pointer)
    if (defaults.has(header)) throw new ConfigError('GW_CONFIG_DUPLICATE', pointer, `${header} is already there: case makes no difference in header names`)
    defaults.set(header, { header, values: values.map((value, i) => template(value, `${pointer}/${i}`)) })
  }
  if (defaults.size === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/headers', 'no header is named')
  return [...defaults.values()]
}

/** A field whose every value is blank says nothing: it counts as absent. */
const blank = (headers: HeaderList, name: string): boolean => headers.all(name).every(value => value.trim() === '')

/** `X-A:1` -> `{ X-A: [1] }`. Only the first colon parts: values such as URLs have more (Spring cuts them off there). */
function fromPairs (pairs: readonly string[]): Record<string, string[]> {
  const headers = new Map<string, { name: string, values: string[] }>()
  for (const pair of pairs) {
    const [, name = pair, value] = /^([^:]*):(.*)$/s.exec(pair) ?? []
    const key = name.trim().toLowerCase()
    const entry = headers.get(key) ?? { name: name.trim(), values: [] }
    if (value !== undefined) entry.values.push(value.trim())
    headers.set(key, entry)
  }
  return Object.fromEntries([...headers.values()].map(({ name, values }) => [name, values]))
}
