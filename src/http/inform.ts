import type { ServerResponse } from 'node:http'
import type { HeaderList } from '../contract/header-list.ts'

/** Passes an interim answer of upstream on (RFC 9110 15.2): 103 with its fields, 102 as it is. 100 is the gateway's own affair. */
export function inform (res: ServerResponse, status: number, headers: HeaderList): void {
  if (res.headersSent || res.destroyed || res.req.httpVersion === '1.0') return
  if (status === 102) res.writeProcessing()
  if (status !== 103 || !headers.has('link')) return
  const hints: Record<string, string | string[]> = {}
  for (const name of headers.names()) hints[name] = headers.all(name)
  try {
    res.writeEarlyHints(hints)
  } catch {
    // Hints that node:http does not accept are only hints.
  }
}
