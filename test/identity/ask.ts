import { once } from 'node:events'
import { request, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'

/** An answer, its body read. */
export interface Answered { readonly status: number, readonly headers: IncomingHttpHeaders, readonly body: Readonly<Record<string, any>> }

/** What is asked with. */
export interface Question { readonly method?: string, readonly headers?: OutgoingHttpHeaders | readonly string[], readonly body?: string }

/** One request on a connection of its own, which leaves nothing behind. */
export async function ask (port: number, path: string, { method = 'GET', headers = {}, body }: Question = {}): Promise<Answered> {
  const req = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
  req.end(body)
  const [res] = await once(req, 'response') as [IncomingMessage]
  return await answered(res)
}

/** Reads an answer to its end. */
export async function answered (res: IncomingMessage): Promise<Answered> {
  const content = await text(res)
  return { status: res.statusCode!, headers: res.headers, body: (content.startsWith('{') ? JSON.parse(content) : { text: content }) as Answered['body'] }
}

/** As a client shows its access token. */
export const bearer = (token: string, more: OutgoingHttpHeaders = {}): Question => ({ headers: { authorization: `Bearer ${token}`, ...more } })
