import { Config, ConfigError, defineFilter, HeaderList, HeaderValue, settableHeader, template, Type, WITHOUT_CONTENT, type Exchange } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'respond',
  config: Config({
    status: Type.Integer({ minimum: 200, maximum: 599, default: 200, description: 'Status of the answer.' }),
    body: Type.Optional(Type.String({ description: 'Text of the answer; `{variable}` is a captured variable.' })),
    json: Type.Optional(Type.Unknown({ description: 'Any value, sent as JSON; instead of `body`.' })),
    contentType: Type.Optional(HeaderValue({ minLength: 1, description: 'Media type of the answer; `text/plain; charset=utf-8` for `body`, `application/json` for `json` by default.' })),
    headers: Type.Record(Type.String(), HeaderValue(), { default: {}, description: 'Further headers of the answer; `{variable}` is a captured variable.' })
  }),
  shorthand: 'body',

  create: config => {
    check(config)
    const { status, headers } = config
    const text = config.json === undefined ? config.body : JSON.stringify(config.json)
    const type = text === undefined ? null : config.contentType ?? (config.json === undefined ? 'text/plain; charset=utf-8' : 'application/json')
    const fields = compileHeaders(headers, type)
    const body = text === undefined ? () => null : config.json === undefined ? template(text, '/body') : () => text
    return {
      request: x => {
        x.reply = { status, headers: new HeaderList(fields(x)), body: body(x), code: null, trailers: null }
      }
    }
  }
})

/** No key may be without effect. */
function check ({ status, body, json, contentType, headers }: { status: number, body?: string, json?: unknown, contentType?: string, headers: Record<string, string> }): void {
  const noEffect = (pointer: string, why: string) => new ConfigError('GW_CONFIG_NO_EFFECT', pointer, why)
  if (body !== undefined && json !== undefined) throw noEffect('/body', 'there is `json` already: an answer has one body')
  const given = body !== undefined ? '/body' : '/json'
  const hasBody = body !== undefined || json !== undefined
  if (hasBody && WITHOUT_CONTENT.includes(status)) throw noEffect(given, `an answer with status ${status} has no body (RFC 9110 15)`)
  if (contentType === undefined) return
  if (!hasBody) throw noEffect('/contentType', 'there is no body')
  if (Object.keys(headers).some(name => name.toLowerCase() === 'content-type')) throw noEffect('/contentType', 'the headers say it already')
}

/** The headers of the answer as the `flat` of a HeaderList; `type` is its Content-Type unless they say it. */
function compileHeaders (headers: Readonly<Record<string, string>>, type: string | null): (x: Exchange) => string[] {
  const fields = Object.entries(headers).map(([name, value]) => {
    const at = `/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    return { name: settableHeader(name, at), value: template(value, at) }
  })
  const own = type === null || fields.some(({ name }) => name === 'content-type') ? [] : ['content-type', type]
  return x => {
    const flat = [...own]
    for (const { name, value } of fields) flat.push(name, value(x))
    return flat
  }
}
