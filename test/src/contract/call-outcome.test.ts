import t from 'tap'
import { callOutcome } from '../../../src/contract/call-outcome.ts'
import type { CallEnd } from '../../../src/contract/call-watcher.ts'
import { ERRORS, type ErrorCode } from '../../../src/contract/errors.ts'
import { statusesOf } from '../../../src/contract/status-ranges.ts'

const MEASURE = { failing: statusesOf(['502-504'], ''), slowMs: 100 }
const outcome = (end: Partial<CallEnd>, measure = MEASURE) => callOutcome({ status: 200, code: null, headMs: 1, ...end }, measure)

const FAULTS = ['GW_UPSTREAM_UNREACHABLE', 'GW_CONNECT_TIMEOUT', 'GW_UPSTREAM_TLS', 'GW_UPSTREAM_RESET', 'GW_UPSTREAM_PROTOCOL', 'GW_HEAD_TIMEOUT', 'GW_IDLE_TIMEOUT', 'GW_TOTAL_TIMEOUT']

t.test('a call has failed by what upstream has done; clients that went away and what the gateway refuses or cuts off say nothing', async t => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    t.equal(outcome({ status: 0, code }), FAULTS.includes(code) ? 'failure' : 'ignored', code)
    t.equal(outcome({ status: 200, code }), FAULTS.includes(code) ? 'failure' : 'ignored', `${code}, in the body`)
  }
})

t.test('a call is judged by its status, where it has ended well', async t => {
  for (const status of [0, 101, 200, 204, 302, 304, 500, 501, 505]) t.equal(outcome({ status }), 'success', String(status))
  for (const status of [502, 503, 504]) t.equal(outcome({ status }), 'failure', String(status))
})

t.test('4xx, which any client can bring about, says nothing, unless it is named a failure', async t => {
  for (const status of [400, 401, 404, 408, 429, 499]) t.equal(outcome({ status }), 'ignored', String(status))
  t.equal(outcome({ status: 404, headMs: 200 }), 'ignored', 'a late one neither')
  t.equal(outcome({ status: 429 }, { ...MEASURE, failing: new Set([429]) }), 'failure')
})

t.test('a status that is a failure stays one, whatever became of its body', async t => {
  for (const code of ['GW_CLIENT_GONE', 'GW_INTERNAL', 'GW_IDLE_TIMEOUT'] as const) t.equal(outcome({ status: 503, code }), 'failure')
})

t.test('a call is slow whose head has come late', async t => {
  t.same([100, 100.1].map(headMs => outcome({ headMs })), ['success', 'slow'])
  t.equal(outcome({ headMs: 200, status: 503 }), 'slow-failure')
  t.equal(outcome({ headMs: 200, status: 0, code: 'GW_HEAD_TIMEOUT' }), 'slow-failure')
  t.equal(outcome({ headMs: 200, status: 0, code: 'GW_CLIENT_GONE' }), 'ignored')
})

t.test('time that a slow client has used up is not on the account of upstream', async t => {
  for (const code of ['GW_HEAD_TIMEOUT', 'GW_IDLE_TIMEOUT', 'GW_TOTAL_TIMEOUT'] as const) {
    t.same([true, false].map(heldBack => outcome({ code, heldBack })), ['ignored', 'failure'], code)
  }
  t.equal(outcome({ code: 'GW_UPSTREAM_RESET', heldBack: true }), 'failure')
  t.equal(outcome({ status: 503, code: 'GW_TOTAL_TIMEOUT', heldBack: true }), 'failure')
})

t.test('unless told otherwise, 502, 503 and 504 are failures and nothing is slow', async t => {
  const usual = (status: number) => callOutcome({ status, code: null, headMs: 1e9 })
  t.same([200, 500, 501, 502, 503, 504, 505].map(usual), ['success', 'success', 'success', 'failure', 'failure', 'failure', 'success'])
})
