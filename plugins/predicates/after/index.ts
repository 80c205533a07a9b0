import { Config, ConfigError, definePredicate, Time } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'after',
  config: Config({ time: Time({ description: 'The route begins to take requests after this moment.' }) }),
  shorthand: 'time',
  spring: { name: 'After', args: ['datetime'], toConfig: ({ datetime }) => ({ time: fromEpoch(datetime) }) },

  create: ({ time }, { services: { clock } }) => {
    if (Number.isNaN(time)) throw new ConfigError('GW_CONFIG_INVALID', '/time', 'there is no such day or time of day')
    return { match: () => clock.now() > time }
  }
})

/** Spring also takes milliseconds since the epoch. */
const fromEpoch = (datetime: unknown): unknown =>
  typeof datetime === 'string' && /^\d{1,14}$/.test(datetime) ? new Date(Number(datetime)).toISOString() : datetime
