import type { Contender, Site } from '../harness/contender.ts'
import { freePort } from '../harness/free-ports.ts'
import { findBinary } from '../harness/has-binary.ts'
import { CORE } from '../harness/lab.ts'
import { untilReady } from '../harness/until-ready.ts'

/** HAProxy with one thread. */
export const haproxy: Contender = {
  name: 'haproxy',
  binary: 'haproxy',
  async start (lab, site) {
    const port = await freePort()
    const config = lab.file(`haproxy-${port}.cfg`, haproxyConfig(port, site))
    const argv = [findBinary('haproxy') ?? 'haproxy', '-q', '-db', '-f', config]
    const child = lab.start('haproxy', argv, { core: CORE.server })
    const url = `http://127.0.0.1:${port}`
    await untilReady(child, url)
    return { child, url }
  }
}

function haproxyConfig (port: number, site: Site): string {
  return `global
  nbthread 1
  maxconn ${site.connections}
defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 75s
  timeout http-keep-alive 75s
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  default_backend service
backend service
  server one 127.0.0.1:${site.upstreamPort}
`
}
