import type { StaticDecode } from 'typebox'
import { Choice, Config, Duration, HeaderName, List, Percentage, Regex, Size, Timeout, Type } from '../../../../src/contract/index.ts'

/** A JSON pointer (RFC 6901 3). */
export const POINTER = '^(?:/(?:[^~/]|~[01])*)*$'
const EXPECTS = 'a JSON pointer such as /items/*/id (`*`: any index or key)'

const Pointer = () => Type.String({ pattern: POINTER, 'x-expects': EXPECTS })

const Tolerance = {
  absolute: Type.Optional(Type.Number({ minimum: 0, description: 'Numbers that are no further apart than this are equal.' })),
  relative: Type.Optional(Percentage({ description: 'Numbers that are no further apart than this share of the larger one are equal.' }))
}

/**
 * What is compared by default: what clients and caches act on, and what one service says twice alike. No `etag`, which stands for the bytes and so for every difference in them; no
 * `date`, `set-cookie` or request id, which are never the same twice.
 */
const COMPARED_HEADERS = ['content-type', 'content-encoding', 'content-language', 'location', 'cache-control', 'vary', 'www-authenticate']

/** The keys of `compare` that say when two answers are alike. */
export const COMPARE = {
  status: Choice(['exact', 'class'], { default: 'exact', description: '`exact`: any other status is a difference. `class`: only one of another class, so that 200 and 204 are alike.' }),
  headers: Type.Array(HeaderName(), { 'x-scalar': true, default: COMPARED_HEADERS, description: 'Headers that are compared; `[]` for none.' }),
  maxBytes: Size({ default: '256KiB', description: 'A body larger than this, as it came or decoded, is not compared; 16MiB at most.' }),
  depth: Type.Integer({ minimum: 1, maximum: 256, default: 64, description: 'JSON that nests deeper is not compared.' }),
  nodes: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 10_000, description: 'JSON of more values than this is not compared.' }),
  slice: Timeout({ default: '5ms', description: 'A comparison that takes longer is made by another thread; 50ms at most.' }),
  ignore: Type.Optional(List(Pointer(), { description: 'Where JSON bodies are not compared, and nothing below: `/ts`, `/items/*/id`.' })),
  unordered: Type.Optional(List(Pointer(), { description: 'Lists whose order means nothing.' })),
  numeric: Type.Optional(Config({
    ...Tolerance,
    // Keys that must fit a pattern would keep the schema from being compiled: they are checked with the other paths
    paths: Type.Optional(Type.Record(Type.String(), Config(Tolerance), { description: 'The same for numbers there and below, in place of what holds elsewhere: `/items/*/price: { absolute: 0.01 }`.' }))
  }, { description: 'How far apart numbers may be.' })),
  times: Duration({ default: '1m', description: 'Times that are no further apart differ by `value`, as two clocks do; others by `time`.' }),
  masks: Type.Optional(List(Regex(), { description: 'Regular expressions (RE2 syntax). What fits one in a string, a header or a line of text is struck out before anything is compared or kept.' })),
  typeOnly: Type.Optional(List(Pointer(), { description: 'Where only the JSON type is compared, and below.' })),
  plain: Type.Optional(List(Pointer(), { description: 'Where samples may show values as they are, and below; elsewhere they show their shape. Personal data is struck out all the same.' }))
}

export const CompareSchema = Config(COMPARE)

/** The same, read. */
export type CompareConfig = StaticDecode<typeof CompareSchema>
