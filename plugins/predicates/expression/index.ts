import { Cel, Config, ConfigError, definePredicate, type Expression, type Expressions } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'expression',
  config: Config({ condition: Cel({ description: 'CEL expression that must be true; about request, client and params.' }) }),
  shorthand: 'condition',

  create: ({ condition }, { services: { expressions } }) => {
    const holds = compile(condition, expressions)
    return { match: x => holds.evaluate(x) }
  }
})

function compile (source: string, expressions: Expressions): Expression<boolean> {
  const condition = expressions.condition(source, '/condition')
  if (condition.usesBody) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/condition', 'body is not read here: use the predicate read-body')
  if (condition.usesReply) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/condition', 'there is no reply while a route is chosen')
  return condition
}
