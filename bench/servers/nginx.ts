import type { Contender, Site } from '../harness/contender.ts'
import { freePort } from '../harness/free-ports.ts'
import { findBinary } from '../harness/has-binary.ts'
import { CORE } from '../harness/lab.ts'
import { untilReady } from '../harness/until-ready.ts'

/** nginx as a reverse proxy with one worker. */
export const nginx: Contender = {
  name: 'nginx',
  binary: 'nginx',
  async start (lab, site) {
    const port = await freePort()
    const config = lab.file(`nginx-${port}.conf`, nginxConfig(lab.dir, site.connections, proxyServer(port, site)))
    const child = lab.start('nginx', nginxCommand(config), { core: CORE.server })
    const url = `http://127.0.0.1:${port}`
    await untilReady(child, url)
    return { child, url }
  }
}

/** The command line that runs nginx in the foreground with a configuration. */
export function nginxCommand (config: string): string[] {
  return [findBinary('nginx') ?? 'nginx', '-e', 'stderr', '-c', config]
}

/** A whole configuration around the `http` block's content: one process, nothing logged, nothing outside `dir`. */
export function nginxConfig (dir: string, connections: number, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `  ${kind}_temp_path ${dir}/${kind};`)
  return `daemon off;
master_process off; # the worker without its supervisor: the same event loop, and no change of user to fail
worker_processes 1;
pid ${dir}/nginx.pid;
error_log stderr error;
events { worker_connections ${connections}; }
http {
  access_log off;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
${temporary.join('\n')}
${http}
}
`
}

// Bodies of any size stream through, as they do with the others: no limit, no request buffering, no temporary files.
function proxyServer (port: number, site: Site): string {
  return `  upstream service { server 127.0.0.1:${site.upstreamPort}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    client_max_body_size 0;
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }
  }`
}
