import type { StaticDecode } from 'typebox'
import { Choice, Config, HeaderValue, List, Size, Timeout, Type } from '../../../../src/contract/index.ts'

/** An answer that is always the same. */
export const FixedReplySchema = Config({
  status: Type.Integer({ minimum: 200, maximum: 599, default: 200, description: 'Status of the answer.' }),
  body: Type.Optional(Type.String({ description: 'Text of the answer.' })),
  json: Type.Optional(Type.Unknown({ description: 'Any value, sent as JSON; instead of `body`.' })),
  headers: Type.Record(Type.String(), HeaderValue(), { default: {}, description: 'Headers of the answer.' })
}, { description: 'An answer that is always the same.' })

/** Good answers that are kept. */
export const CachedSchema = Config({
  maxAge: Timeout({ default: '10m', description: 'No answer stands in for longer than this after it came.' }),
  entries: Type.Integer({ minimum: 1, maximum: 100_000, default: 1000, description: 'How many answers are kept at most.' }),
  bytes: Size({ default: '16MiB', description: 'How much all of them may take.' }),
  bodyBytes: Size({ default: '64KiB', description: 'Answers with a larger body are not kept.' })
}, { description: 'The last good answer to the same GET or HEAD.' })

/** What a client gets instead. */
export const FallbackSchema = Config({
  reply: Type.Optional(FixedReplySchema),
  upstream: Type.Optional(Type.String({ minLength: 1, description: 'The answer of another upstream: its name or origin.' })),
  route: Type.Optional(Type.String({ minLength: 1, description: 'What another route makes of the request: its id.' })),
  path: Type.Optional(Type.String({ pattern: '^/[^?#\\s]*$', 'x-expects': 'a path such as /sorry, without a query', description: 'What the gateway makes of the request under another path; `{variable}` is a captured variable.' })),
  cached: Type.Optional(CachedSchema),
  on: List(Choice(['open', 'failure']), { default: ['open', 'failure'], description: 'Instead of what: `open` for calls that the breaker keeps away, `failure` for those that failed.' })
}, { description: 'What a client gets instead of an error: one of `reply`, `upstream`, `route`, `path`, `cached`; or `cached` and, where nothing is kept, one of the others.' })

/** The same, read. */
export type FallbackConfig = StaticDecode<typeof FallbackSchema>
export type FixedReplyConfig = StaticDecode<typeof FixedReplySchema>
export type CachedConfig = StaticDecode<typeof CachedSchema>
