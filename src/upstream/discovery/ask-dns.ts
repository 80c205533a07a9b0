import { randomInt } from 'node:crypto'
import type { DecodedPacket } from 'dns-packet'
import { within, type Waiting } from '../within.ts'
import { askByTcp, askByUdp } from './dns-exchange.ts'
import { dnsAnswer, dnsQuery, type DnsQuestion } from './dns-message.ts'
import { dnsServer, type DnsServer } from './dns-server.ts'

/** For one server to answer. */
const UDP_MS = 1500
const TCP_MS = 3000
/** As many as a resolver asks (resolv.conf(5): MAXNS). */
const MOST_SERVERS = 3
/** RFC 1035 4.1.1: fine, and no such name. */
const [NOERROR, NXDOMAIN] = [0, 3]

/** Asks one server after the other, then all once more; gives the first answer that says something. Rejects with the last fault where none does. */
export async function askDns (question: DnsQuestion, servers: readonly string[], waiting: Waiting): Promise<DecodedPacket> {
  const first = servers.slice(0, MOST_SERVERS).map(dnsServer)
  const tries = [...first.map(server => ({ server, edns: true })), ...first.map(server => ({ server, edns: false }))]
  let fault: unknown = new Error('no DNS server is known')
  for (const { server, edns } of tries) {
    try {
      return await askServer(question, server, edns, waiting)
    } catch (error) {
      waiting.signal.throwIfAborted()
      fault = error
    }
  }
  throw fault
}

async function askServer (question: DnsQuestion, server: DnsServer, edns: boolean, waiting: Waiting): Promise<DecodedPacket> {
  const id = randomInt(0x10000)
  const query = dnsQuery(question, id, edns)
  const read = (message: Buffer) => dnsAnswer(message, question, id)
  const late = `no answer of ${server.address} in time`
  const short = await within(UDP_MS, late, waiting, signal => askByUdp(query, server, read, signal))
  const answer = short.flag_tc ? await within(TCP_MS, late, waiting, signal => askByTcp(query, server, read, signal)) : short
  const code = (answer.flags ?? 0) & 0xf
  if (code !== NOERROR && code !== NXDOMAIN) throw new Error(`${server.address} answers with code ${code}`)
  return answer
}
