import type { Exchange } from './exchange.ts'

/** Puts a credential into the request that is for the upstream of this route: where the request is sent on to another route, it stays behind. */
export function lend (x: Exchange, header: string, credential: string): void {
  x.headers.set(header, credential)
  if (!x.lent.includes(header)) x.lent = [...x.lent, header]
}
