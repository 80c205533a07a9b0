import { OutboundError, type Outbound } from '../contract/outbound.ts'

/** Asks nobody: for commands that must not touch the network (`gatehouse check`, `test`, `explain`). */
export const offlineOutbound: Outbound = {
  ask: async () => { throw new OutboundError('offline', 'this command makes no calls') }
}
