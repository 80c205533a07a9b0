import { Config, defineFilter, List, refuse, Size, Type, type Exchange, type HeaderList, type Reply } from '../../../src/contract/index.ts'
import { withoutAttributes } from './without-attributes.ts'

/** RFC 8259 11, and the structured syntax suffix of RFC 6839 3.1. */
const JSON_TYPE = /^\s*application\/(?:[^\s;,/]+\+)?json\s*(?:[;,]|$)/i
/** Fields that describe the bytes as upstream sent them (RFC 9110 8.6, 8.8.3, 14.3; RFC 9530). */
const DESCRIBING = ['content-length', 'etag', 'content-md5', 'digest', 'content-digest', 'repr-digest', 'accept-ranges']
const utf8 = new TextDecoder('utf-8', { fatal: true })

export default defineFilter({
  name: 'remove-json-attributes-response-body',
  config: Config({
    attributes: List(Type.String({ minLength: 1 }), { description: 'Names of the attributes to remove.' }),
    recursive: Type.Boolean({ default: false, description: 'Remove them from every object in the body, not only from the outermost.' }),
    maxBytes: Size({ default: '1MiB', description: 'The largest body that is read; a larger one is refused with 502.' })
  }),
  shorthand: 'attributes',
  refuses: ['GW_REPLY_TOO_LARGE', 'GW_BAD_REPLY_BODY'],
  spring: { name: 'RemoveJsonAttributesResponseBody', args: ['...fieldList'], toConfig },

  create: ({ attributes, recursive, maxBytes }) => {
    const names = new Set(attributes)
    const edit = async (x: Exchange, reply: Reply) => {
      const bytes = await held(reply.body, maxBytes)
      if (bytes === null) return refuse(x, 'GW_REPLY_TOO_LARGE')
      reply.body = bytes
      if (bytes.byteLength === 0) return
      const text = decoded(bytes)
      const rest = text === null ? null : withoutAttributes(text, names, recursive)
      if (rest === null) return refuse(x, 'GW_BAD_REPLY_BODY')
      if (rest === text) return
      reply.body = rest
      forget(reply)
    }
    return {
      request: ({ headers }) => {
        headers.set('accept-encoding', 'identity')
        headers.delete('range')
        headers.delete('if-range')
      },
      response: x => {
        const reply = x.reply!
        if (reply.code !== null || !isJson(reply.headers)) return
        if (reply.body === null) return x.method === 'HEAD' ? forget(reply) : undefined
        if (isEncoded(reply.headers)) return refuse(x, 'GW_BAD_REPLY_BODY')
        return edit(x, reply)
      }
    }
  }
})

const isJson = (headers: HeaderList): boolean => headers.all('content-type').some(type => JSON_TYPE.test(type))

const isEncoded = (headers: HeaderList): boolean =>
  headers.all('content-encoding').some(coding => !['', 'identity'].includes(coding.trim().toLowerCase()))

async function held (body: Reply['body'], maxBytes: number): Promise<Uint8Array | null> {
  if (body !== null && typeof body === 'object' && 'hold' in body) return await body.hold(maxBytes)
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return bytes !== null && bytes.byteLength <= maxBytes ? bytes : null
}

function decoded (bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** The writer counts the new length; nothing else can be said of the new bytes. */
function forget ({ headers, trailers }: Reply): void {
  for (const name of DESCRIBING) {
    headers.delete(name)
    trailers?.delete(name)
  }
}

/** In Spring's shortcut the flag is the last of the list. */
function toConfig ({ fieldList = [], deleteRecursively }: Readonly<Record<string, string | string[]>>): unknown {
  const list = typeof fieldList === 'string' ? fieldList.split(',').map(name => name.trim()) : fieldList
  const tail = deleteRecursively === undefined && ['true', 'false'].includes(list.at(-1) ?? '') ? list.at(-1) : undefined
  return { attributes: tail === undefined ? list : list.slice(0, -1), recursive: (deleteRecursively ?? tail) === 'true' }
}
