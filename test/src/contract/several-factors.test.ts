import t from 'tap'
import { severalFactors } from '../../../src/contract/index.ts'

t.test('two methods are several factors where they are of two kinds', async t => {
  t.ok(severalFactors({ amr: ['pwd', 'otp'] }))
  t.ok(severalFactors({ amr: ['hwk', 'face'] }))
  t.notOk(severalFactors({ amr: ['pwd', 'pin'] }))
  t.notOk(severalFactors({ amr: ['otp', 'sms'] }))
  t.notOk(severalFactors({ amr: ['pwd'] }))
})

t.test('who says so in a word is believed', async t => {
  t.ok(severalFactors({ amr: ['mfa'] }))
  t.ok(severalFactors({ acr: 'aal2' }))
  t.notOk(severalFactors({ acr: 'aal1' }))
})

t.test('what is not known or not well formed is no factor', async t => {
  for (const amr of [undefined, null, 'mfa', 'pwd otp', {}, ['constructor', 'pwd'], ['x', 'y'], [1, 2], [['pwd'], ['otp']]]) t.notOk(severalFactors({ amr }), JSON.stringify(amr))
  t.notOk(severalFactors({ acr: ['aal2'] }))
})
