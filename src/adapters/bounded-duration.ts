import { Environment } from '@marcbachmann/cel-js'

const MAX_LENGTH = 64
const parse = new Environment().registerVariable('text', 'string').parse('duration(text)')

/** CEL's `duration` of text that is short. cel-js takes cubic time for one that is not, and the text may come out of a request. */
export function boundedDuration (text: string): unknown {
  if (text.length > MAX_LENGTH) throw new RangeError('too long for a duration')
  return parse({ text }) as unknown
}
