import { isRecord, type JsonObject } from '../../contract/is-record.ts'
import { OutboundError, type Outbound, type OutboundFault, type OutboundReply } from '../../contract/outbound.ts'

/** How fetching a document ended: the `outcome` of metrics. */
export type DocumentOutcome = 'ok' | OutboundFault | 'redirect' | 'status' | 'unreadable'

/** A document could not be had. The message is for logs. */
export class DocumentFault extends Error {
  override readonly name = 'DocumentFault'
  readonly outcome: Exclude<DocumentOutcome, 'ok'>

  constructor (outcome: DocumentFault['outcome'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.outcome = outcome
  }
}

/** Where a document is, and how it may be fetched. */
export interface DocumentRequest { readonly url: string, readonly accept: string, readonly timeoutMs: number, readonly ca: string | undefined }

/** A JSON object, whatever its content type said, and the header fields it came with. */
export interface FetchedDocument { readonly document: JsonObject, readonly headers: Readonly<Record<string, string>> }

/** Keys and metadata of large issuers are some 10 KiB. */
const MAX_BYTES = 256 * 1024

/** Fetches a JSON object by a bounded call. Rejects with DocumentFault. */
export async function fetchDocument (outbound: Outbound, { url, accept, timeoutMs, ca }: DocumentRequest): Promise<FetchedDocument> {
  const reply = await asked(outbound.ask({ url, headers: { accept }, timeoutMs, maxBytes: MAX_BYTES, ca }))
  const { status, headers, body } = reply
  if (status >= 300 && status < 400) throw new DocumentFault('redirect', `${url}: answered with a redirect (${status}), which is not followed`)
  if (status !== 200) throw new DocumentFault('status', `${url}: answered with status ${status}`)
  return { document: parsed(url, body), headers }
}

async function asked (call: Promise<OutboundReply>): Promise<OutboundReply> {
  try {
    return await call
  } catch (error) {
    if (error instanceof OutboundError) throw new DocumentFault(error.fault, error.message, { cause: error })
    throw error
  }
}

/** RFC 8259 8.1: UTF-8, and nothing else. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

function parsed (url: string, body: Buffer): JsonObject {
  try {
    const value: unknown = JSON.parse(utf8.decode(body))
    if (isRecord(value)) return value
  } catch {
    // What the parser says would quote the answer
  }
  throw new DocumentFault('unreadable', `${url}: answered with something else than a JSON object`)
}
