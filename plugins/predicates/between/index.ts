import { Config, ConfigError, definePredicate, Time } from '../../../src/contract/index.ts'

export default definePredicate({
  name: 'between',
  config: Config({
    from: Time({ description: 'The route begins to take requests after this moment.' }),
    to: Time({ description: 'It takes requests before this moment, and none from it on; later than `from`.' })
  }),
  spring: {
    name: 'Between',
    args: ['datetime1', 'datetime2'],
    toConfig: ({ datetime1, datetime2 }) => ({ from: fromEpoch(datetime1), to: fromEpoch(datetime2) })
  },

  create: ({ from, to }, { services: { clock } }) => {
    for (const [key, time] of Object.entries({ from, to })) {
      if (Number.isNaN(time)) throw new ConfigError('GW_CONFIG_INVALID', `/${key}`, 'there is no such day or time of day')
    }
    if (to <= from) throw new ConfigError('GW_CONFIG_INVALID', '/to', 'must be later than from')
    return {
      match: () => {
        const now = clock.now()
        return from < now && now < to
      }
    }
  }
})

/** Spring also takes milliseconds since the epoch. */
const fromEpoch = (datetime: unknown): unknown =>
  typeof datetime === 'string' && /^\d{1,14}$/.test(datetime) ? new Date(Number(datetime)).toISOString() : datetime
