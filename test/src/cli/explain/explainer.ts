import type { Test } from 'tap'
import type { Explanation } from '../../../../src/cli/explain/explanation.ts'
import { cli } from '../cli-io.ts'
import { ODD_ROOMS } from './odd-rooms.ts'

const UPSTREAMS = `upstreams:
  orders: { endpoints: [http://10.1.1.1:81, { url: http://10.1.1.2:81, weight: 3 }] }
`

/** Explains a request to these routes; the last words of the command line are given. */
export function explainer (t: Test, routes: string, upstreams = UPSTREAMS) {
  const file = `version: 1\nplugins: ./rooms\ngateway: { trustedProxies: [10.0.0.0/8] }\nroutes:\n${routes}${upstreams}`
  const cwd = t.testdir({ 'routes.yaml': file, rooms: { 'index.ts': ODD_ROOMS } })
  const text = async (...argv: string[]) => {
    const ran = await cli(['explain', ...argv], { cwd, env: { API_KEY: 'sesame/open' } })
    if (ran.status !== 0) throw new Error(ran.err)
    return ran.out
  }
  return { cwd, text, json: async (...argv: string[]) => JSON.parse(await text('--json', ...argv)) as Explanation }
}

/** Where routes of a test send their requests. */
export const TO = 'upstream: http://10.1.1.1'
