// Usage: node fastify-http-proxy.ts <port> <upstream port>
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'

const [port = '0', upstreamPort = '0'] = process.argv.slice(2)
const server = fastify({ logger: false, keepAliveTimeout: 75_000, bodyLimit: Number.MAX_SAFE_INTEGER })
await server.register(proxy, { upstream: `http://127.0.0.1:${upstreamPort}` })
await server.listen({ port: Number(port), host: '127.0.0.1' })
