// Usage: node fast-gateway.ts <port> <upstream port>
import gateway from 'fast-gateway'

const [port = '0', upstreamPort = '0'] = process.argv.slice(2)
const server = gateway({ routes: [{ prefix: '', target: `http://127.0.0.1:${upstreamPort}` }] })
const listening = await server.start(Number(port), '127.0.0.1')
listening.keepAliveTimeout = 75_000
