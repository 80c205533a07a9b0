import { bodyParser, Cel, Config, ConfigError, definePredicate, Size, type Exchange, type Expression, type Expressions, type ParseBody } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'read-body',
  config: Config({
    condition: Cel({ description: 'CEL expression over body that must be true.' }),
    maxBytes: Size({ default: '64KiB', description: 'A longer body is not read and does not match.' })
  }),
  shorthand: 'condition',

  create: ({ condition, maxBytes }, { services: { expressions } }) => {
    const holds = compile(condition, expressions)
    return {
      match: x => {
        const parse = x.body.present ? bodyParser(x.headers) : null
        return parse !== null && read(x, maxBytes, parse, holds)
      }
    }
  }
})

function compile (source: string, expressions: Expressions): Expression<boolean> {
  const condition = expressions.condition(source, '/condition')
  if (!condition.usesBody) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/condition', 'it does not look at body: use the predicate expression')
  if (condition.usesReply) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/condition', 'there is no reply while a route is chosen')
  return condition
}

/** The client chooses the shape of its body, so a body that the condition cannot be asked about is one that does not match. */
async function read (x: Exchange, maxBytes: number, parse: ParseBody, condition: Expression<boolean>): Promise<boolean> {
  const bytes = await x.body.hold(maxBytes)
  if (bytes === null) return false
  try {
    return condition.evaluate(x, { body: parse(bytes) })
  } catch {
    return false
  }
}
