import type { ServerMetadata } from 'openid-client'
import type { IssuerConfig } from '../../contract/issuers.ts'
import type { IssuerMetadata } from '../discovery/discovery.ts'
import { urlFault } from '../discovery/url-fault.ts'

/** Knows the metadata of one issuer, and keeps them: the same object while nothing has changed. Rejects where they cannot be had. */
export interface MetadataSource { metadata(): Promise<IssuerMetadata> }

/** What openid-client has to know of an issuer, and no more of its document than that. Throws where an endpoint would be asked in clear text. */
export function serverMetadata ({ issuer, algorithms, insecureHttp }: Pick<IssuerConfig, 'issuer' | 'algorithms' | 'insecureHttp'>, known: IssuerMetadata): ServerMetadata {
  const metadata: Record<string, unknown> = {
    issuer,
    id_token_signing_alg_values_supported: [...algorithms],
    authorization_response_iss_parameter_supported: known.document['authorization_response_iss_parameter_supported'] === true
  }
  const endpoints = {
    authorization_endpoint: known.authorizationEndpoint,
    token_endpoint: known.tokenEndpoint,
    introspection_endpoint: known.introspectionEndpoint,
    end_session_endpoint: known.endSessionEndpoint
  }
  for (const [name, url] of Object.entries(endpoints)) {
    if (url === null) continue
    const fault = urlFault(url, { insecureHttp, loopback: true })
    if (fault !== null) throw new Error(`${name} is ${fault}`)
    metadata[name] = url
  }
  return metadata as ServerMetadata & typeof metadata
}
