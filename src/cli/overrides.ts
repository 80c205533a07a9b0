import type { Settings } from '../contract/settings.ts'
import { UsageError } from '../contract/usage-error.ts'

/** The settings with ports from the command line in place of those in the file. */
export function overrides (settings: Settings, port: string | undefined, adminPort: string | undefined): Settings {
  const listen = settings.listen.map((one, i) => port !== undefined && i === 0 ? { ...one, port: portOf(port, '--port') } : one)
  if (adminPort === undefined) return { ...settings, listen }
  const host = settings.admin === false ? '127.0.0.1' : settings.admin.host
  return { ...settings, listen, admin: { host, port: portOf(adminPort, '--admin-port') } }
}

function portOf (text: string, option: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new UsageError(`${option} takes a port from 0 to 65535, not "${text}"`)
  return port
}
