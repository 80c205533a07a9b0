import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import type { HeaderList } from '../../../../src/contract/index.ts'
import { LimitReached } from './budget.ts'

type Decoder = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array

/** RFC 9110 8.4.1. `deflate` is meant to be in the zlib format, and by some is not. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  deflate: (bytes, options) => (bytes[0]! & 15) === 8 ? inflateSync(bytes, options) : inflateRawSync(bytes, options)
}

const MOST_CODINGS = 3

/** The codings of a body in the order in which they were applied, without those that do nothing. */
export const codingsOf = (headers: HeaderList): string[] =>
  (headers.get('content-encoding') ?? '').split(',').map(coding => coding.trim().toLowerCase()).filter(coding => coding !== '' && coding !== 'identity')

/** The body itself; null where it is not what its codings say. Throws LimitReached where it is larger than `maxBytes`. */
export function decoded (bytes: Uint8Array, codings: readonly string[], maxBytes: number): Uint8Array | null {
  if (codings.length === 0 || bytes.length === 0) return bytes
  if (codings.length > MOST_CODINGS) return null
  const decoder = DECODERS[codings.at(-1)!]
  const inside = decoder === undefined ? null : decodedOnce(bytes, decoder, maxBytes)
  return inside === null ? null : decoded(inside, codings.slice(0, -1), maxBytes)
}

function decodedOnce (bytes: Uint8Array, decoder: Decoder, maxBytes: number): Uint8Array | null {
  try {
    return decoder(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw new LimitReached('too-large')
    return null
  }
}
