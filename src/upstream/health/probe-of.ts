import { ConfigError } from '../../contract/config-error.ts'
import type { HealthConfig } from '../../contract/route-file.ts'
import { connectProbe } from './connect-probe.ts'
import { httpProbe } from './http-probe.ts'
import type { Probe } from './probe.ts'

/** The check that a `health` section describes. Throws ConfigError below /health. */
export function probeOf (config: HealthConfig): Probe {
  const { path, interval, maxInterval = interval } = config
  if (maxInterval < interval) throw new ConfigError('GW_CONFIG_INVALID', '/health/maxInterval', 'must not be less than `interval`')
  if (path !== undefined) return httpProbe({ ...config, path })
  for (const key of ['host', 'body'] as const) if (config[key] !== undefined) throw withoutPath(key)
  if (config.statuses.length !== 1 || config.statuses[0] !== '200-299') throw withoutPath('statuses')
  return connectProbe(config)
}

const withoutPath = (key: string): ConfigError =>
  new ConfigError('GW_CONFIG_NO_EFFECT', `/health/${key}`, 'without `path` nothing is asked for: an open connection is enough')
