/** As much of oidc-provider 9 as the demo and the tests touch; the package brings no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface TokenModel {
    aud?: string
    accountId?: string
    clientId: string
    scope: string | undefined
    exp: number
    readonly expiration: number
    readonly tokenType: string
    readonly isValid: boolean
    resourceServer: ResourceServer
    setThumbprint (kind: 'jkt' | 'x5t', value: string): void
    save (): Promise<string>
  }
  export interface TokenKind {
    new (known: Record<string, unknown>): TokenModel
    find (value: string): Promise<TokenModel | undefined>
  }
  export interface ResourceServerInfo {
    audience: string
    scope: string
    accessTokenTTL?: number
    accessTokenFormat: 'jwt' | 'opaque'
    jwt?: { sign: { alg: string } }
  }
  export interface ResourceServer extends ResourceServerInfo { identifier (): string }
  export interface Grant {
    addOIDCScope (scope: string): void
    addResourceScope (resource: string, scope: string): void
    save (): Promise<string>
  }
  export interface Client { readonly clientId: string, grantTypeAllowed (name: string): boolean }
  export interface Context {
    body: unknown
    get (header: string): string
    readonly oidc: {
      readonly client: Client
      readonly body?: Record<string, string>
      readonly params: Record<string, string | undefined>
      readonly result?: { consent?: { grantId?: string } }
      readonly session: { readonly accountId: string, grantIdFor (client: string): string | undefined }
    }
  }
  export interface Interaction { readonly uid: string, readonly prompt: { readonly name: string }, readonly params: Record<string, string>, readonly session?: { readonly accountId: string } }

  export class Provider {
    constructor (issuer: string, configuration: Record<string, unknown>)
    readonly issuer: string
    readonly AccessToken: TokenKind
    readonly Grant: { new (known: { accountId: string, clientId: string }): Grant, find (id: string): Promise<Grant | undefined> }
    readonly ResourceServer: new (identifier: string, info: ResourceServerInfo) => ResourceServer
    callback (): (req: IncomingMessage, res: ServerResponse) => Promise<void>
    registerGrantType (name: string, handler: (x: Context) => Promise<void>, parameters: readonly string[]): void
    interactionDetails (req: IncomingMessage, res: ServerResponse): Promise<Interaction>
    interactionFinished (req: IncomingMessage, res: ServerResponse, result: Record<string, unknown>): Promise<void>
    on (event: string, listener: (...args: unknown[]) => void): this
  }

  type OAuthError = new (description?: string) => Error
  export const errors: { readonly InvalidRequest: OAuthError, readonly InvalidTarget: OAuthError, readonly InvalidScope: OAuthError, readonly InvalidGrant: OAuthError }
}

declare module 'oidc-provider/lib/adapters/memory_adapter.js' {
  /** Makes a store of its own, at most 1000 entries; gives a factory that makes the adapter of a model on it. */
  export function createMemoryAdapter (clockToleranceS?: number): (model: string) => object
}
