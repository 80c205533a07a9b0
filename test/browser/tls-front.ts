import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'

/** One request as the browser sent it, and the status it got. */
export interface Seen { readonly method: string, readonly url: string, readonly site: string, status: number }

/** What ends TLS before a gateway, as a load balancer would. */
export interface TlsFront { readonly origin: string, readonly seen: readonly Seen[], forward(port: number): void }

/** Listens as https://localhost on a free port, with a certificate made for the occasion, and hands requests on as a trusted proxy. */
export async function tlsFront (t: Test): Promise<TlsFront> {
  const seen: Seen[] = []
  let gateway = 0
  const server = createServer(await selfSigned(), (req, res) => {
    const one = { method: req.method!, url: req.url!, site: String(req.headers['sec-fetch-site']), status: 0 }
    seen.push(one)
    res.once('finish', () => { one.status = res.statusCode })
    handOn(req, res, gateway)
  }).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return { origin: `https://localhost:${(server.address() as AddressInfo).port}`, seen, forward: port => { gateway = port } }
}

function handOn (req: IncomingMessage, res: ServerResponse, port: number): void {
  const headers = req.rawHeaders.flatMap((name, i) => i % 2 === 0 ? [[name, req.rawHeaders[i + 1]!] as const] : []).flat()
  const out = request({ port, host: '127.0.0.1', method: req.method, path: req.url, headers: [...headers, 'X-Forwarded-Proto', 'https', 'X-Forwarded-For', '192.0.2.7'], agent: false })
  out.once('response', answer => {
    res.writeHead(answer.statusCode!, answer.rawHeaders)
    answer.pipe(res)
  })
  out.once('error', () => { res.destroy() })
  req.pipe(out)
}

async function selfSigned (): Promise<{ key: Buffer, cert: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert])
    return { key: await readFile(key), cert: await readFile(cert) }
  } finally {
    await rm(folder, { recursive: true })
  }
}
