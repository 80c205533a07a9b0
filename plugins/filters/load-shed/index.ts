import {
  Cel, Choice, Config, ConfigError, defineFilter, GatewayError, labelledCounter, Percentage, refuse, RetryAfter, retryLater, Timeout, Type, type Exchange, type Expressions
} from '../../../src/contract/index.ts'
import { PRIORITIES, type Priority, type Targets } from './shed-level.ts'
import { sharedLevel } from './shared-level.ts'

const None = Type.Literal('none')

export default defineFilter({
  name: 'load-shed',
  config: Config({
    priority: Type.Union([Choice([...PRIORITIES]), Config({ expression: Cel() })], {
      default: 'normal',
      'x-expects': 'critical, high, normal, low, or { expression }',
      description: 'How long its requests are served: `low` goes first, then `normal`, then `high`; `critical` is never refused. An expression gives one of these words; what it gives else, or cannot say, is `low`.'
    }),
    delay: Type.Union([None, Timeout()], { default: '100ms', 'x-expects': 'none, or a duration such as 100ms', description: 'How late the event loop may be; `none` if that does not count.' }),
    memory: Type.Union([None, Percentage()], { default: '85%', 'x-expects': 'none, or a percentage such as 85%', description: 'Share of the memory that the process may use, of its heap or of its container, whichever is nearer its end; `none` if that does not count.' }),
    inFlight: Type.Union([None, Type.Integer({ minimum: 1 })], { default: 'none', 'x-expects': 'none, or a number of requests', description: 'Requests in the whole gateway at one time; `none` if that does not count.' }),
    retryAfter: RetryAfter('2s')
  }),
  shorthand: 'priority',
  refuses: ['GW_LOAD_SHED'],

  create: ({ priority, delay, memory, inFlight, retryAfter }, { services: { load, log, metrics, random, expressions } }) => {
    const { level, leave } = sharedLevel(load, targetsOf(delay, memory, inFlight), typeof priority === 'string' ? [priority] : PRIORITIES, log)
    const priorityOf = typeof priority === 'string' ? () => priority : askedPriority(priority.expression, expressions)
    const shed = labelledCounter<Priority>(metrics, 'gatehouse_load_shed_total', 'priority')
    const later = retryLater(retryAfter, random)
    return {
      request: x => {
        if (!level.active) return
        const asked = priorityOf(x)
        if (!level.sheds(asked, random.next())) return
        shed(asked).add()
        refuse(x, 'GW_LOAD_SHED', undefined, later())
      },
      close: leave
    }
  }
})

function targetsOf (delay: number | 'none', memory: number | 'none', inFlight: number | 'none'): Targets {
  if (delay === 'none' && memory === 'none' && inFlight === 'none') throw new ConfigError('GW_CONFIG_NO_EFFECT', '', 'without delay, memory and inFlight nothing is ever refused')
  if (memory === 0 || memory === 1) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/memory', memory === 0 ? 'it is always more than 0%' : 'it is never more than 100%')
  const orNull = (target: number | 'none') => target === 'none' ? null : target
  return { delayMs: orNull(delay), memoryShare: orNull(memory), inFlight: orNull(inFlight) }
}

/** Asked only under load, when nobody wants to learn of a fault by another one. */
function askedPriority (source: string, expressions: Expressions): (x: Exchange) => Priority {
  const expression = expressions.text(source, '/priority/expression')
  return x => {
    try {
      const word = expression.evaluate(x)
      return PRIORITIES.find(one => one === word) ?? 'low'
    } catch (error) {
      if (error instanceof GatewayError) return 'low'
      throw error
    }
  }
}
