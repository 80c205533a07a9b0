import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Checked, Probe } from './probe.ts'
import { placeOf } from './place-of.ts'

/** Well is an endpoint that accepts a connection, and for https has a certificate that is trusted. */
export function connectProbe ({ port }: { readonly port?: number }): Probe {
  return async (endpoint, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const socket = open(endpoint, port, resolve).on('error', reject).on('close', () => { reject(new Error('the connection was closed')) })
    const abort = () => { socket.destroy(signal.reason as Error) }
    signal.addEventListener('abort', abort, { once: true })
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', abort)
      socket.destroy()
    }
  }
}

function open (endpoint: Checked, port: number | undefined, opened: () => void): Socket {
  const place = placeOf(endpoint, port)
  return endpoint.tls === null ? connectTcp(place, opened) : connectTls({ ...place, ...endpoint.tls }, opened)
}
