import { defineFilter, requestKey, type Exchange } from '../../../src/contract/index.ts'
import { Question } from './question.ts'
import { Recorder } from './recorder.ts'
import { Replay } from './replay.ts'
import { checkConfig, SnapshotSchema, type SnapshotConfig } from './snapshot-config.ts'

/** Says that the request is a copy. The guard lets it in from trusted peers only. */
const MARK = 'x-gatehouse-shadow'
/** Fields that ask for a part of an answer, or for none where it is known (RFC 9110 13.1, 14.2): what comes then is no answer for anybody else. */
const CONDITIONS = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range']

export default defineFilter({
  name: 'snapshot',
  config: SnapshotSchema,
  shorthand: 'name',
  refuses: ['GW_NO_SNAPSHOT'],

  create: (config, { routeId, report = false, services }) => {
    checkConfig(config)
    const { clock, expressions } = services
    const question = new Question(config.name ?? encodeURIComponent(routeId), config, requestKey('principal', expressions, '/caller'))
    const recorder = new Recorder(question, config, services)
    const replay = config.serve ? new Replay(question, { ...config, report }, services) : null
    const isOpen = windowOf(config)
    const methods = new Set(config.methods)
    const concerns = ({ method, upgrade, headers }: Exchange): boolean =>
      methods.has(method) && upgrade === null && isOpen(clock.now()) && !CONDITIONS.some(name => headers.has(name))
    return {
      dispatch: next => x => {
        if (!concerns(x)) return next(x)
        if (x.headers.has(MARK)) return replay === null ? next(x) : replay.answer(x, next)
        // Nobody else knows the id of a request that does not come from one of our own
        return x.client.trusted ? recorder.record(x, next) : next(x)
      },
      close: () => recorder.close()
    }
  }
})

function windowOf ({ window }: SnapshotConfig): (nowMs: number) => boolean {
  if (window === undefined) return () => true
  const { from = -Infinity, until = Infinity } = window
  return nowMs => nowMs >= from && nowMs < until
}
