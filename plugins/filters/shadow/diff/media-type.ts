import type { HeaderList } from '../../../../src/contract/index.ts'

/** What a body is compared as; `unknown` where nothing says what it is. */
export type Family = 'json' | 'text' | 'bytes' | 'unknown'

/** RFC 8259 11, and the structured syntax suffix of RFC 6839 3.1. */
const JSON_TYPE = /^[^/]+\/(?:[^/]+\+)?json$/
const TEXT_TYPE = /^text\/|^[^/]+\/(?:[^/]+\+)?(?:xml|yaml)$|^application\/(?:javascript|ecmascript|x-javascript|x-www-form-urlencoded|x-yaml|x-ndjson|jsonl|ndjson|json-seq|graphql|toml|sql)$/

/** Type and subtype in lower case, '' where there are none (RFC 9110 8.3.1). */
export const mediaType = (headers: HeaderList): string => (headers.first('content-type') ?? '').replace(/;[^]*$/, '').trim().toLowerCase()

/** The family of a media type. */
export function familyOf (type: string): Family {
  if (type === '') return 'unknown'
  if (JSON_TYPE.test(type)) return 'json'
  return TEXT_TYPE.test(type) ? 'text' : 'bytes'
}
