import { decode, encode, RECURSION_DESIRED, type DecodedPacket, type RecordType } from 'dns-packet'

/** What is asked for. */
export interface DnsQuestion { readonly name: string, readonly type: RecordType }

/** Fits into one packet on every way (DNS flag day 2020). */
const UDP_BYTES = 1232

/** A query as it goes over the wire; `edns` offers to take more than 512 bytes by UDP (RFC 6891). */
export function dnsQuery ({ name, type }: DnsQuestion, id: number, edns: boolean): Buffer {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ name, type }],
    additionals: edns ? [{ type: 'OPT', name: '.', udpPayloadSize: UDP_BYTES, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] }] : []
  })
}

/** Reads a message; null for what is no answer to this question, whoever has sent it (RFC 5452 9.1). */
export function dnsAnswer (message: Buffer, { name, type }: DnsQuestion, id: number): DecodedPacket | null {
  try {
    const packet = decode(message)
    const [question, ...more] = packet.questions ?? []
    const ours = packet.id === id && packet.flag_qr && more.length === 0 && question?.type === type && question.class === 'IN' && sameName(question.name, name)
    return ours ? packet : null
  } catch {
    return null
  }
}

/** RFC 4343: case says nothing; nor does the root's dot. */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '')

const sameName = (a: string, b: string): boolean => plainName(a) === plainName(b)
