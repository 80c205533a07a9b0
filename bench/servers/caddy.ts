import type { Contender, Site } from '../harness/contender.ts'
import { freePort } from '../harness/free-ports.ts'
import { findBinary } from '../harness/has-binary.ts'
import { CORE } from '../harness/lab.ts'
import { untilReady } from '../harness/until-ready.ts'

/** Caddy with one thread for Go code. It adds X-Forwarded-* and logs no requests by itself. */
export const caddy: Contender = {
  name: 'caddy',
  binary: 'caddy',
  async start (lab, site) {
    const port = await freePort()
    const config = lab.file(`Caddyfile-${port}`, caddyConfig(port, site))
    const argv = [findBinary('caddy') ?? 'caddy', 'run', '--adapter', 'caddyfile', '--config', config]
    const env = { GOMAXPROCS: '1', HOME: lab.dir, XDG_DATA_HOME: lab.dir, XDG_CONFIG_HOME: lab.dir }
    const child = lab.start('caddy', argv, { core: CORE.server, env })
    const url = `http://127.0.0.1:${port}`
    await untilReady(child, url)
    return { child, url }
  }
}

function caddyConfig (port: number, site: Site): string {
  return `{
  admin off
  auto_https off
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${site.upstreamPort} {
    transport http {
      keepalive_idle_conns_per_host 64
    }
  }
}
`
}
