import { createHash } from 'node:crypto'

/** A request as the service has received it. */
export interface BoundRequest {
  readonly method: string
  /** As it stands in the request line; a query is not looked at. */
  readonly path: string
  /** The whole body; left out where there is none. */
  readonly body?: Uint8Array | string | null | undefined
}

/**
 * `req` of a passport that is bound to a request: the first 16 characters of base64url(sha256(`method|path|body digest`)), 96 bits. The path is the one sent
 * upstream, without query; the body digest is base64url(sha256(body)), and `-` for no or an empty body.
 */
export function requestDigest ({ method, path, body }: BoundRequest): string {
  const [plain = ''] = path.split('?', 1)
  return sha256(`${method}|${plain}|${body === undefined || body === null || body.length === 0 ? '-' : sha256(body)}`).slice(0, 16)
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('base64url')
