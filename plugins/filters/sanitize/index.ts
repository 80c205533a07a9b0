import { Config, defineFilter, labelledCounter, List, refuse, Regex, Type, type HeaderList } from '../../../src/contract/index.ts'
import { contentTypes, MEDIA_RANGE } from './content-types.ts'
import { headerVerdicts, type HeaderVerdicts } from './header-verdicts.ts'
import { checkList } from './name-list.ts'
import { NAME_OR_FAMILY, NAME_OR_FAMILY_EXPECTS } from './name-set.ts'
import { changesBeyondHeaders, type Part } from './changes.ts'

const Header = Type.String({ pattern: NAME_OR_FAMILY, 'x-expects': NAME_OR_FAMILY_EXPECTS })
const Name = Type.String({ minLength: 1 })

export default defineFilter({
  name: 'sanitize',
  everywhere: true,
  config: Config({
    own: Type.Optional(List(Header, { description: 'Further headers that no client may send, in any spelling: names, or families such as `X-Tenant-`.' })),
    keep: Type.Optional(List(Header, { description: 'Identity headers that stay although they are removed unless told otherwise: names, or families such as `x-jwt-*`.' })),
    headers: Type.Optional(Config({
      allow: Type.Optional(List(Header, { description: 'Only these stay, and what HTTP itself needs.' })),
      deny: Type.Optional(List(Header, { description: 'These go, in any spelling.' }))
    }, { description: 'Which request headers stay: `allow` or `deny`, names or families.' })),
    query: Type.Optional(Config({
      allow: Type.Optional(List(Name, { description: 'Only these stay.' })),
      deny: Type.Optional(List(Name, { description: 'These go, in any spelling.' }))
    }, { description: 'Which query parameters stay: `allow` or `deny`, names or beginnings with `*`.' })),
    cookies: Type.Optional(Config({
      allow: Type.Optional(List(Name, { description: 'Only these stay.' })),
      deny: Type.Optional(List(Name, { description: 'These go, in any spelling.' }))
    }, { description: 'Which cookies stay: `allow` or `deny`, names or beginnings with `*`.' })),
    replace: Type.Optional(List(Config({
      header: Type.Optional(Type.String({ description: 'The header whose values are rewritten.' })),
      query: Type.Optional(Type.String({ minLength: 1, description: 'The query parameter whose values are rewritten, decoded.' })),
      cookie: Type.Optional(Type.String({ minLength: 1, description: 'The cookie whose values are rewritten.' })),
      pattern: Regex({ description: 'What is replaced, everywhere in the value.' }),
      with: Type.String({ description: 'What takes its place; `$1` and `$' + '{name}` are groups.' })
    }), { description: 'Values to rewrite: one of `header`, `query` and `cookie`, a `pattern` and what to replace it `with`.' })),
    contentTypes: Type.Optional(List(Type.String({ pattern: MEDIA_RANGE, 'x-expects': 'a media type such as application/json, multipart/* or application/*+json' }), {
      description: 'Content types that a request with a body may have; another one, or none, is 415.'
    }))
  }),
  refuses: ['GW_MEDIA_TYPE_REFUSED'],

  create: (config, { services }) => {
    if (config.headers) checkList(config.headers, '/headers')
    const verdicts = headerVerdicts(config)
    const changes = changesBeyondHeaders(config, verdicts)
    const accepted = config.contentTypes && { takes: contentTypes(config.contentTypes), accept: config.contentTypes.join(', ') }
    const changed = labelledCounter<Part>(services.metrics, 'gatehouse_sanitized_total', 'part')
    return {
      ...verdicts.ownNames.length > 0 && { ownHeaders: verdicts.ownNames },
      request: x => {
        const { body, headers } = x
        // Asked before headers go and told after all is clean: where the filter only reports, the request goes on
        const isRefused = accepted !== undefined && body.present && body.length !== 0 && !accepted.takes(headers.get('content-type'))
        if (strip(headers, verdicts)) changed('header').add()
        if (body.present) x.trailerSieves = [...x.trailerSieves, verdicts]
        for (const { part, act } of changes) if (act(x)) changed(part).add()
        if (isRefused) refuse(x, 'GW_MEDIA_TYPE_REFUSED', undefined, { accept: accepted.accept })
      }
    }
  }
})

/** In one pass, what stays in its order. Says whether anything went. */
function strip ({ flat }: HeaderList, verdicts: HeaderVerdicts): boolean {
  let kept = 0
  for (let i = 0; i < flat.length; i += 2) {
    if (verdicts.drops(flat[i]!)) continue
    if (kept !== i) {
      flat[kept] = flat[i]!
      flat[kept + 1] = flat[i + 1]!
    }
    kept += 2
  }
  if (kept === flat.length) return false
  flat.length = kept
  return true
}
