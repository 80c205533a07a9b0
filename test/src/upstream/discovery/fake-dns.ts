import { createSocket, type Socket } from 'node:dgram'
import { promises } from 'node:dns'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { decode, encode, RECURSION_AVAILABLE, streamEncode, TRUNCATED_RESPONSE, type Answer, type DecodedPacket, type Packet } from 'dns-packet'
import type { Test } from 'tap'
import type { Names } from '../../../../src/upstream/discovery/names.ts'

/** How a test answers: records, a code, a cut answer, bytes as they are, or (null) not at all. */
export interface DnsReply { readonly answers?: Answer[], readonly additionals?: Answer[], readonly code?: number, readonly cut?: boolean, readonly over?: Partial<Packet>, readonly raw?: Buffer[] }
export type DnsHandler = (question: { readonly name: string, readonly type: string }, via: 'udp' | 'tcp', query: DecodedPacket) => DnsReply | null

/** A DNS server on loopback, UDP and TCP on one port. `asked`: what it was asked, in order. */
export async function fakeDns (t: Test, handler: DnsHandler): Promise<{ server: string, port: number, asked: string[] }> {
  const asked: string[] = []
  const answered = (message: Buffer, via: 'udp' | 'tcp'): (Packet | Buffer)[] => {
    const query = decode(message)
    const { name, type } = query.questions![0]!
    asked.push(`${via} ${type} ${name}`)
    const reply = handler({ name, type }, via, query)
    if (reply === null) return []
    const { answers = [], additionals = [], code = 0, cut = false, over, raw } = reply
    const flags = RECURSION_AVAILABLE | code | (cut ? TRUNCATED_RESPONSE : 0)
    return raw ?? [{ type: 'response', id: query.id!, flags, questions: query.questions!, answers, additionals, ...over }]
  }
  const tcp = createServer(socket => {
    socket.on('error', () => {}).once('data', message => {
      for (const one of answered(message.subarray(2), 'tcp')) socket.write(Buffer.isBuffer(one) ? one : streamEncode(one))
    })
    t.teardown(() => { socket.destroy() })
  })
  const udp = await onOnePort(tcp)
  t.teardown(() => {
    udp.close()
    tcp.close()
  })
  udp.on('message', (message, { port, address }) => {
    for (const one of answered(message, 'udp')) udp.send(Buffer.isBuffer(one) ? one : encode(one), port, address)
  })
  const { port } = udp.address()
  return { server: `127.0.0.1:${port}`, port, asked }
}

/** Opens the server, and a UDP socket at the same port. One that is free for TCP may be taken for UDP: then another one. */
async function onOnePort (tcp: Server): Promise<Socket> {
  for (;;) {
    tcp.listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const udp = createSocket('udp4')
    try {
      udp.bind((tcp.address() as AddressInfo).port, '127.0.0.1')
      await once(udp, 'listening')
      return udp
    } catch {
      udp.close()
      tcp.close()
      await once(tcp, 'close')
    }
  }
}

/** Names as one DNS server has them; the system's own look-up knows `hosts`, and nothing else. */
export function namesOf (server: string, hosts: Readonly<Record<string, readonly string[]>> = {}): Names & { readonly lookedUp: string[] } {
  const resolver = new promises.Resolver({ timeout: 200, tries: 1 })
  resolver.setServers([server])
  const lookedUp: string[] = []
  return {
    resolver,
    lookedUp,
    lookup: async host => {
      lookedUp.push(host)
      const found = hosts[host]
      if (!found) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
      return found.map(address => ({ address }))
    }
  }
}

/** An address record. */
export const a = (name: string, address: string, ttl = 60): Answer => ({ name, type: address.includes(':') ? 'AAAA' : 'A', ttl, data: address })

/** A service record. */
export const srv = (name: string, target: string, port: number, { priority = 0, weight = 1, ttl = 60 } = {}): Answer => ({ name, type: 'SRV', ttl, data: { target, port, priority, weight } })
