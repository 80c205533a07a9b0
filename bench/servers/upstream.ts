import type { Running } from '../harness/contender.ts'
import { freePort } from '../harness/free-ports.ts'
import { hasBinary } from '../harness/has-binary.ts'
import { CORE, type Lab } from '../harness/lab.ts'
import { untilReady } from '../harness/until-ready.ts'
import { nginxCommand, nginxConfig } from './nginx.ts'
import { processFile } from './node-proxy.ts'

/** What the upstreams answer to everything that is not about bodies. */
export const UPSTREAM_BODY = '{"id":7,"name":"bench upstream","tags":["alpha","beta"],"price":12.5,"stock":42,"available":true}'

/** An upstream, with its port for those who configure a server. */
export interface Upstream extends Running { readonly port: number }

/**
 * The upstream for small answers. It shares the load's core with wrk, so the cheapest there is leaves most to the load:
 * nginx answering from its configuration costs a quarter of what `node:http` does. Without nginx it is Node after all.
 */
export async function startSmallUpstream (lab: Lab): Promise<Upstream> {
  if (!hasBinary('nginx')) {
    lab.note('nginx is missing (apt install nginx): the upstream is Node, and the fastest servers wait for it')
    return startNodeUpstream(lab)
  }
  const port = await freePort()
  const server = `  server { listen 127.0.0.1:${port}; default_type application/json; location / { return 200 '${UPSTREAM_BODY}'; } }`
  const config = lab.file('upstream.conf', nginxConfig(lab.dir, 4096, server))
  return ready(lab, port, nginxCommand(config))
}

/** The upstream for bodies: `GET /bytes/<n>` and `POST /sink`, besides small answers. */
export async function startNodeUpstream (lab: Lab): Promise<Upstream> {
  const port = await freePort()
  return ready(lab, port, [process.execPath, processFile('upstream'), String(port), UPSTREAM_BODY])
}

async function ready (lab: Lab, port: number, argv: string[]): Promise<Upstream> {
  const child = lab.start('upstream', argv, { core: CORE.load })
  const url = `http://127.0.0.1:${port}`
  await untilReady(child, url)
  return { child, url, port }
}
