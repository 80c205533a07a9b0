import t from 'tap'
import type { HealthConfig } from '../../../../src/contract/route-file.ts'
import { probeOf } from '../../../../src/upstream/health/probe-of.ts'

const CONFIG: HealthConfig = { statuses: ['200-299'], interval: 10_000, jitter: 0, timeout: 2000, unhealthy: 3, healthy: 2 }

t.test('what cannot be meant is an error where it stands', async t => {
  for (const [more, code, pointer] of [
    [{ maxInterval: 9999 }, 'GW_CONFIG_INVALID', '/health/maxInterval'],
    [{ host: 'a.example' }, 'GW_CONFIG_NO_EFFECT', '/health/host'],
    [{ body: 'ok' }, 'GW_CONFIG_NO_EFFECT', '/health/body'],
    [{ statuses: [204] }, 'GW_CONFIG_NO_EFFECT', '/health/statuses'],
    [{ path: '/healthz', statuses: [200, '299-200'] }, 'GW_CONFIG_INVALID', '/health/statuses/1'],
    [{ path: '/healthz', body: '(?=ok)' }, 'GW_CONFIG_INVALID', '/health/body'],
    [{ path: '/h\u00e9', body: 'ok' }, 'GW_CONFIG_INVALID', '/health/path'],
    [{ path: '/healthz', host: 'a\r\nX-B: c' }, 'GW_CONFIG_INVALID', '/health/host']
  ] as const) t.throws(() => probeOf({ ...CONFIG, ...more } as HealthConfig), { code, pointer })
})

t.test('both kinds of check can be made', async t => {
  t.type(probeOf(CONFIG), 'function')
  t.type(probeOf({ ...CONFIG, path: '/healthz', host: 'a.example', body: 'ok', maxInterval: 20_000 }), 'function')
})
