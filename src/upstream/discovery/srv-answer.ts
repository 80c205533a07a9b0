import type { Answer, DecodedPacket, SrvAnswer as SrvRecord, SrvData, StringAnswer } from 'dns-packet'
import { plainName } from './dns-message.ts'

/** One target of an SRV record set (RFC 2782). */
export interface SrvTarget { readonly host: string, readonly port: number, readonly priority: number, readonly weight: number }

/** What an answer says of a service. */
export interface SrvAnswer {
  readonly targets: readonly SrvTarget[]
  /** Addresses that came along, by host. */
  readonly addresses: ReadonlyMap<string, readonly string[]>
  /** Of the shortest-lived record; 0 where there is none. */
  readonly ttlMs: number
}

/** CNAME records that are followed. */
const MOST_ALIASES = 8
/** Targets of one service, those of the first priorities. */
const MOST_TARGETS = 256

/** Reads the SRV records of a name, or of what it is an alias for. A single target `.` says that there is no such service. */
export function srvAnswer (packet: DecodedPacket, name: string): SrvAnswer {
  const services = servicesIn(packet, name)
  const targets = services.map(({ data }) => targetOf(data)).filter(({ host, port }) => host !== '' && port > 0).sort((a, b) => a.priority - b.priority)
  const along = addressesIn(packet, new Set(targets.map(({ host }) => host)))
  const ttls = [...services, ...along].map(({ ttl = 0 }) => ttl)
  const addresses = new Map([...Map.groupBy(along, ({ name }) => plainName(name))].map(([host, records]) => [host, records.map(({ data }) => data)]))
  return { targets: targets.slice(0, MOST_TARGETS), addresses, ttlMs: ttls.length === 0 ? 0 : 1000 * Math.min(...ttls) }
}

function servicesIn (packet: DecodedPacket, name: string): SrvRecord[] {
  const owners = aliases(packet, plainName(name))
  return (packet.answers ?? []).filter(record => record.type === 'SRV').filter(record => owners.has(plainName(record.name)))
}

function targetOf ({ target, port, priority = 0, weight = 0 }: SrvData): SrvTarget {
  return { host: plainName(target), port, priority, weight }
}

/** Only of the targets: nobody has asked for others. */
function addressesIn ({ additionals = [] }: DecodedPacket, hosts: ReadonlySet<string>): StringAnswer[] {
  return additionals.filter(isAddress).filter(record => hosts.has(plainName(record.name)))
}

const isAddress = (record: Answer): record is StringAnswer => record.type === 'A' || record.type === 'AAAA'

/** The name and what it stands for. */
function aliases ({ answers = [] }: DecodedPacket, name: string): Set<string> {
  const owners = new Set([name])
  for (let i = 0; i < MOST_ALIASES; i++) {
    for (const record of answers) if (record.type === 'CNAME' && owners.has(plainName(record.name))) owners.add(plainName(record.data))
  }
  return owners
}
