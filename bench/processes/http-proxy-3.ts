// Usage: node http-proxy-3.ts <port> <upstream port>
import { Agent, createServer } from 'node:http'
import { createProxyServer } from 'http-proxy-3'

const [port = '0', upstreamPort = '0'] = process.argv.slice(2)
// Without an agent of its own it would open a connection to the upstream for every request.
const agent = new Agent({ keepAlive: true })
const proxy = createProxyServer({ target: `http://127.0.0.1:${upstreamPort}`, agent, xfwd: true })
proxy.on('error', (_error, _request, response) => { response.destroy() })
createServer({ keepAliveTimeout: 75_000 }, (request, response) => { proxy.web(request, response) }).listen(Number(port), '127.0.0.1')
