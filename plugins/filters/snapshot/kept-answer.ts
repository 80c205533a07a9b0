import { isUtf8 } from 'node:buffer'
import { HeaderList, isRecord, type Reply } from '../../../src/contract/index.ts'

/** An answer as it stands in the store: JSON, the body as text where it is any. */
interface KeptAnswer { readonly status: number, readonly headers: readonly (readonly [name: string, value: string])[], readonly text?: string, readonly base64?: string }

/** The head as it is now, before filters change it on the way out. `names`: headers that are kept, in lower case. */
export const keptHead = ({ status, headers }: Pick<Reply, 'status' | 'headers'>, names: ReadonlySet<string>): KeptAnswer =>
  ({ status, headers: [...headers].filter(([name]) => names.has(name)) })

/** Head and body as text. */
export const keptAnswer = (head: KeptAnswer, body: string | Uint8Array | null): string =>
  JSON.stringify({ ...head, ...body !== null && body.length > 0 && content(body) })

function content (body: string | Uint8Array): Pick<KeptAnswer, 'text' | 'base64'> {
  if (typeof body === 'string') return { text: body }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') }
}

/** The reply once more; null where it is none. Others can write to the store: nothing in it is taken for granted. */
export function replyOf (value: string): Reply | null {
  try {
    const kept: unknown = JSON.parse(value)
    if (!isRecord(kept)) return null
    const { status, headers, text, base64 } = kept
    if (!isStatus(status) || !Array.isArray(headers)) return null
    const list = new HeaderList()
    for (const [name, field] of headers as [string, string][]) list.append(name, field)
    const body = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : typeof text === 'string' ? text : null
    return { status, headers: list, body, code: null, trailers: null }
  } catch {
    return null
  }
}

const isStatus = (status: unknown): status is number => Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599
