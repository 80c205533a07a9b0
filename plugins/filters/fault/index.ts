import { Config, ConfigError, defineFilter, labelledCounter, Percentage, problem, Timeout, Type, type Exchange, type Reply } from '../../../src/contract/index.ts'

const Share = () => Percentage({ default: '100%', description: 'Share of the calls that this happens to, drawn anew for each.' })

/** Tells who looks at an answer that it was part of a drill. */
const MARK = 'x-gatehouse-fault'

export default defineFilter({
  name: 'fault',
  refuses: ['GW_FAULT_INJECTED'],
  config: Config({
    delay: Type.Optional(Config({
      time: Timeout({ description: 'How long the call waits before it begins.' }),
      share: Share()
    }, { description: 'Lets calls wait.' })),
    abort: Type.Optional(Config({
      status: Type.Integer({ minimum: 400, maximum: 599, default: 503, description: 'Status of the answer.' }),
      share: Share()
    }, { description: 'Answers in place of upstream; after the delay, where a call has both.' }))
  }),

  create: ({ delay, abort }, { services: { clock, random, metrics } }) => {
    if (!delay && !abort) throw new ConfigError('GW_CONFIG_NO_EFFECT', '', 'neither `delay` nor `abort` is there')
    for (const [key, fault] of Object.entries({ delay, abort })) {
      if (fault?.share === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', `/${key}/share`, 'a share of 0% happens to no call')
    }
    const injected = labelledCounter<'delay' | 'abort'>(metrics, 'gatehouse_faults_injected_total', 'kind')
    const draw = (kind: 'delay' | 'abort', share: number): boolean => {
      if (random.next() >= share) return false
      injected(kind).add()
      return true
    }
    return {
      // Around the call and not before it, so that a timeout or a fallback listed earlier is part of the drill
      dispatch: next => async x => {
        const delayed = delay !== undefined && draw('delay', delay.share)
        // Cut short only where the call was given up: upstream will not be asked then, and the answer says why
        if (delayed) await clock.sleep(delay.time, x.signal).catch(() => {})
        const aborted = x.aborted === null && abort !== undefined && draw('abort', abort.share)
        const reply = aborted ? faulty(x, abort.status) : await next(x)
        if (delayed) reply.headers.append(MARK, 'delay')
        if (aborted) reply.headers.append(MARK, 'abort')
        return reply
      }
    }
  }
})

/** The problem document says the status that goes with it. */
function faulty (x: Exchange, status: number): Reply {
  const reply = problem('GW_FAULT_INJECTED', x.id)
  return { ...reply, status, body: JSON.stringify({ ...JSON.parse(reply.body as string) as object, status }) }
}
