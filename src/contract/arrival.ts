import type { Client } from './client.ts'
import type { HeaderList } from './header-list.ts'

/** Says which fields go, by their names in lower case. */
export interface FieldSieve { drops(name: string): boolean }

/** The way to the client for what comes before the reply. */
export interface Informant { inform(status: number, headers: HeaderList): void }

/** What the transport knows of a request when the guard has let it in. */
export interface Arrival {
  id: string
  method: string
  path: string
  query: string
  scheme: 'http' | 'https'
  authority: string
  host: string
  headers: HeaderList
  client: Client
  ownCookies?: ReadonlyMap<string, string> | null
  trailerSieves?: readonly FieldSieve[]
}
