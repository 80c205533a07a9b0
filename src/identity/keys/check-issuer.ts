import { X509Certificate } from 'node:crypto'
import { ConfigError } from '../../contract/config-error.ts'
import { IssuerSchema, SYMMETRIC, type IssuerConfig } from '../../contract/issuers.ts'
import { validate } from '../../contract/validate.ts'
import { discoveryUrl } from '../discovery/discovery.ts'
import { urlFault } from '../discovery/url-fault.ts'
import { isOtherKind } from '../tokens/kind-rule.ts'
import { readStaticKeys } from './static-keys.ts'

/** All that is wrong with one entry of `issuers:` beyond its schema: keys that verify nothing, addresses that others could answer for, options that contradict each other or have no effect. */
export function checkIssuer (config: IssuerConfig): ConfigError[] {
  return [...rivals(config), ...readStaticKeys(config, '').faults, ...unsignable(config), ...unusableTypes(config), ...addresses(config), ...authorities(config), ...idle(config)]
}

const invalid = (pointer: string, detail: string) => new ConfigError('GW_CONFIG_INVALID', pointer, detail)
const noEffect = (pointer: string, detail: string) => new ConfigError('GW_CONFIG_NO_EFFECT', pointer, detail)

/** Keys come from one place. */
function rivals ({ keys, secret, jwksUri, discovery }: IssuerConfig): ConfigError[] {
  if (secret !== undefined) {
    return Object.entries({ keys, jwksUri, discovery }).flatMap(([key, value]) => value === undefined ? [] : [invalid(`/${key}`, 'an issuer with a secret has no other keys')])
  }
  return keys !== undefined && jwksUri !== undefined ? [noEffect('/jwksUri', '`keys` are given, so that none are fetched')] : []
}

function unsignable ({ algorithms, audiences, secret }: IssuerConfig): ConfigError[] {
  const symmetric = algorithms.flatMap((algorithm, i) => secret === undefined && SYMMETRIC.some(name => name === algorithm)
    ? [invalid(`/algorithms/${i}`, `${algorithm} needs a secret: no key that an issuer publishes can be one`)]
    : [])
  return audiences.length > 0 ? symmetric : [...symmetric, invalid('/audiences', 'at least one is needed')]
}

const unusableTypes = ({ types }: IssuerConfig): ConfigError[] =>
  types.flatMap((type, i) => isOtherKind(type) ? [noEffect(`/types/${i}`, `a token of the type ${type} is none for an API and never accepted`)] : [])

/** Whether anything is ever fetched, and whether it begins with the metadata of the issuer. */
const uses = ({ keys, secret, jwksUri, client }: IssuerConfig): { jwks: boolean, discovery: boolean, calls: boolean } => {
  const jwks = keys === undefined && secret === undefined
  return { jwks, discovery: (jwks && jwksUri === undefined) || client !== undefined, calls: jwks || client !== undefined }
}

function addresses (config: IssuerConfig): ConfigError[] {
  const { jwksUri, discovery, endpoints = {}, insecureHttp } = config
  const written = { jwksUri, discovery, ...Object.fromEntries(Object.entries(endpoints).map(([name, url]) => [`endpoints/${name}`, url])) }
  const faults = Object.entries(written).flatMap(([key, url]) => {
    const fault = url === undefined ? null : urlFault(url, { insecureHttp, loopback: true })
    return fault === null ? [] : [invalid(`/${key}`, fault)]
  })
  return [...faults, ...derived(config)]
}

/** Where nothing says where the metadata is, it is behind `issuer`. With a client alone it may never be asked for. */
function derived (config: IssuerConfig): ConfigError[] {
  const { issuer, discovery, jwksUri, insecureHttp } = config
  if (discovery !== undefined || jwksUri !== undefined || !uses(config).jwks) return []
  if (/[?#]/.test(issuer)) return [invalid('/issuer', 'a URL with a query or fragment, behind which no metadata can be: give discovery, jwksUri or keys')]
  const fault = urlFault(discoveryUrl(config), { insecureHttp, loopback: true })
  return fault === null ? [] : [invalid('/issuer', `${fault}; or give discovery, jwksUri or keys`)]
}

function authorities ({ ca }: IssuerConfig): ConfigError[] {
  try {
    if (ca !== undefined) void new X509Certificate(ca)
    return []
  } catch {
    return [invalid('/ca', 'not the PEM of a certificate')]
  }
}

/** Options for what never happens. One that has its default may not have been written. */
function idle (config: IssuerConfig): ConfigError[] {
  const { jwks, discovery, calls } = uses(config)
  return [
    ...discovery || config.secret !== undefined ? [] : given(config, ['discovery'], 'nothing of the metadata is needed: the keys are given, and there is no client'),
    ...config.client ? [] : given(config, ['endpoints'], 'there is no client that would use them'),
    ...calls ? [] : given(config, ['ca', 'insecureHttp'], 'nothing is fetched: the keys are given, and there is no client'),
    ...jwks ? [] : changed(config, ['staleIfError', 'start'], 'the keys are given, so that none are fetched'),
    ...calls ? [] : changed(config, ['timeout', 'cooldown'], 'nothing is fetched: the keys are given, and there is no client')
  ]
}

const given = (config: IssuerConfig, keys: readonly (keyof IssuerConfig)[], why: string): ConfigError[] =>
  keys.filter(key => config[key] !== undefined && config[key] !== false).map(key => noEffect(`/${key}`, why))

const JWKS_DEFAULTS = validate(IssuerSchema.properties.jwks, {}).value as IssuerConfig['jwks']

const changed = ({ jwks }: IssuerConfig, keys: readonly (keyof IssuerConfig['jwks'])[], why: string): ConfigError[] =>
  keys.filter(key => jwks[key] !== JWKS_DEFAULTS[key]).map(key => noEffect(`/jwks/${key}`, why))
