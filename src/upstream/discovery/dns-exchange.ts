import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { DnsServer } from './dns-server.ts'

/** Messages that are no answer, before the server is given up: somebody is guessing. */
const MOST_STRAYS = 100

/** Sends a query by UDP, from a port of its own, and gives the first message of that server that `read` takes for the answer. Rejects when the signal says so. */
export async function askByUdp<T> (query: Buffer, { address, port, family }: DnsServer, read: (message: Buffer) => T | null, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  let strays = 0
  socket.on('message', message => {
    const answer = read(message)
    if (answer !== null) resolve(answer)
    else if (++strays > MOST_STRAYS) reject(new Error('too many answers that nobody asked for'))
  })
  socket.on('error', reject)
  // Connected, so that the kernel takes messages of this server only, and tells when nobody listens there
  socket.connect(port, address, () => { socket.send(query) })
  const abort = () => { reject(signal.reason as Error) }
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
    socket.close()
  }
}

/** The same by TCP, with its length before each message (RFC 1035 4.2.2), for answers that UDP cuts. */
export async function askByTcp<T> (query: Buffer, { address, port }: DnsServer, read: (message: Buffer) => T | null, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const socket = connect(port, address)
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    if (received.length >= 2 && received.length >= 2 + received.readUInt16BE()) resolve(received.subarray(2, 2 + received.readUInt16BE()))
  })
  socket.on('error', reject).on('close', () => { reject(new Error('the connection was closed')) })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(query.length)
  socket.write(Buffer.concat([length, query]))
  const abort = () => { reject(signal.reason as Error) }
  signal.addEventListener('abort', abort, { once: true })
  try {
    const answer = read(await promise)
    if (answer === null) throw new Error('the answer is to another question')
    return answer
  } finally {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
}
