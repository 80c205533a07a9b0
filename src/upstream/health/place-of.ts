import type { Checked } from './probe.ts'

/** Host and port to connect to, as node:net takes them. */
export function placeOf ({ origin }: Checked, port: number | undefined): { readonly host: string, readonly port: number } {
  const url = new URL(origin)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: port ?? Number(url.port || (url.protocol === 'https:' ? 443 : 80)) }
}
