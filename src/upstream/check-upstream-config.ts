import { ConfigError } from '../contract/config-error.ts'
import type { DiscoveryConfig, UpstreamConfig } from '../contract/route-file.ts'
import { checkTlsHasEffect } from './endpoint.ts'

type Places = readonly { readonly url: string, readonly zone: string | null, readonly priority: number }[]

/** Throws ConfigError, with a pointer into the upstream, where it leads nowhere or an option of it has no effect. `zone`: that of the gateway. */
export function checkUpstreamConfig (config: UpstreamConfig, zone: string | null): void {
  const { endpoints = [], discover = [] } = config
  if (endpoints.length + discover.length === 0) throw new ConfigError('GW_CONFIG_INVALID', '', 'it has no address: give `endpoints`, `discover` or both')
  const places: Places = endpoints.map(one => typeof one === 'string' ? { url: one, zone: null, priority: 0 } : { url: one.url, zone: one.zone ?? null, priority: one.priority })
  checkTwice(places)
  checkTls(places, config)
  checkAlone(config)
  checkSpilling(places, config, zone)
  checkRecovery(config)
}

const noEffect = (pointer: string, why: string): ConfigError => new ConfigError('GW_CONFIG_NO_EFFECT', pointer, why)

function checkTwice (places: Places): void {
  const origins = places.map(({ url }) => new URL(url).origin)
  const i = origins.findIndex((origin, at) => origins.indexOf(origin) < at)
  if (i >= 0) throw new ConfigError('GW_CONFIG_DUPLICATE', `/endpoints/${i}`, `${origins[i]} is in the list twice: \`weight\` gives it more`)
}

/** A watched file may say https at any time. */
function checkTls (places: Places, { discover = [], tls }: UpstreamConfig): void {
  if (discover.some(source => 'file' in source)) return
  const found = discover.map(source => 'dns' in source ? source.dns : 'srv' in source ? `${source.scheme}:` : '')
  checkTlsHasEffect([...places.map(({ url }) => url), ...found], tls)
}

/** There is nobody else. */
function checkAlone ({ endpoints = [], discover = [], ...config }: UpstreamConfig): void {
  if (endpoints.length !== 1 || discover.length > 0) return
  for (const key of ['balance', 'sticky', 'slowStart', 'spillBelow', 'ejection'] as const) {
    if (config[key] !== undefined) throw noEffect(`/${key}`, 'the upstream has one endpoint only: there is nobody else to ask')
  }
}

function checkSpilling (places: Places, { discover = [], spillBelow }: UpstreamConfig, zone: string | null): void {
  if (zone === null) {
    const at = places.findIndex(place => place.zone !== null)
    const source = discover.findIndex(one => 'zone' in one && one.zone !== undefined)
    if (at >= 0) throw noEffect(`/endpoints/${at}/zone`, 'nobody knows which zone is near: `gateway.zone` is not set')
    if (source >= 0) throw noEffect(`/discover/${source}/zone`, 'nobody knows which zone is near: `gateway.zone` is not set')
  }
  if (spillBelow === undefined || discover.some(findsPlaces)) return
  const all = [...places, ...discover.map(one => ({ zone: 'zone' in one ? one.zone ?? null : null, priority: 'priority' in one ? one.priority : 0 }))]
  const differs = new Set(all.map(place => `${zone !== null && place.zone === zone} ${place.priority}`)).size > 1
  if (!differs) throw noEffect('/spillBelow', 'all endpoints have the same priority, and none is nearer than another')
}

/** Whether zones or priorities come with the addresses. */
const findsPlaces = (source: DiscoveryConfig): boolean => !('dns' in source)

/** Without health and ejection all that there are are taken for well. */
function checkRecovery ({ health, ejection, discover, slowStart, panicBelow, spillBelow }: UpstreamConfig): void {
  if (health || ejection) return
  const why = 'nobody finds out that an endpoint is down: give `health`, `ejection` or both'
  if (panicBelow !== undefined) throw noEffect('/panicBelow', why)
  if (spillBelow !== undefined) throw noEffect('/spillBelow', why)
  if (slowStart !== undefined && !discover) throw noEffect('/slowStart', `no endpoint is ever new, and ${why}`)
}
