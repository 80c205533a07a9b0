import type { Endpoint } from '../endpoint.ts'

/** What a check needs to know of an endpoint. */
export type Checked = Pick<Endpoint, 'origin' | 'authority' | 'tls'>

/** Asks an endpoint once, on a connection of its own: rejects with what is wrong, and at once when the signal says so. */
export type Probe = (endpoint: Checked, signal: AbortSignal) => Promise<void>
