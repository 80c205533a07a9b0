import { Config, definePredicate, Type } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'weight',
  config: Config({
    group: Type.String({ minLength: 1, description: 'Routes with the same group share its requests.' }),
    weight: Type.Integer({ minimum: 0, description: 'Share of this route, in proportion to those of the others whose predicates hold.' })
  }),
  spring: {
    name: 'Weight',
    args: ['weight.group', 'weight.weight'],
    toConfig: args => ({ group: args['weight.group'] ?? args['group'], weight: whole(args['weight.weight'] ?? args['weight']) })
  },

  create: ({ group, weight }) => ({ share: { group, weight }, match: () => true })
})

const whole = (text: unknown): unknown => /^\d+$/.test(String(text)) ? Number(text) : text
