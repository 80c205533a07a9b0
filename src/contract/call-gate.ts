import type { CallWatcher } from './call-watcher.ts'
import type { Exchange } from './exchange.ts'

/** Whether every gate of the exchange lets a call to this endpoint through. */
export function admits (x: Exchange, endpoint: string): boolean {
  const { gates } = x
  if (gates !== null) for (let i = 0; i < gates.length; i++) if (!gates[i]!.admits(x, endpoint)) return false
  return true
}

/** Passes every gate; null where one does not let the call through. Those passed before that hear that it said nothing of the endpoint. */
export function enterGates (x: Exchange, endpoint: string): readonly CallWatcher[] | null {
  const gates = x.gates ?? []
  const watchers: CallWatcher[] = []
  for (const gate of gates) {
    const watcher = gate.enter(x, endpoint)
    if (watcher === null) {
      for (const one of watchers) one.ended({ status: 0, code: 'GW_CIRCUIT_OPEN', headMs: 0 })
      return null
    }
    watchers.push(watcher)
  }
  return watchers
}
