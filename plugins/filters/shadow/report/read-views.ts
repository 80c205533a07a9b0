import { Type, type JsonObject } from '../../../../src/contract/index.ts'
import type { Reason, Result } from '../outcome.ts'
import type { ShadowView } from '../shadow-view.ts'
import { LedgerReading } from './ledger-reading.ts'
import { RampReading } from './ramp-reading.ts'
import { readAs, readJson } from './read-json.ts'
import { ReportFault } from './report-fault.ts'

/** What `gatehouse shadow export` writes. */
export interface SavedReports { readonly version: 1, readonly exportedAt: string, readonly reports: readonly ShadowView[] }

/** The same, made of reports as they are now. */
export const savedReports = (reports: readonly ShadowView[]): SavedReports => ({ version: 1, exportedAt: new Date().toISOString(), reports })

const Count = Type.Integer({ minimum: 0 })

const ShadowReading = Type.Object({
  version: Type.Literal(1),
  route: Type.String(),
  shadow: Type.String(),
  upstream: Type.String(),
  role: Type.Enum(['candidate', 'secondary']),
  mode: Type.String(),
  since: Type.String(),
  // Another version may know more of these words
  decisions: Type.Array(Type.Object({ result: Type.Unsafe<Result>(Type.String()), reason: Type.Unsafe<Reason>(Type.String()), count: Count })),
  inFlight: Count,
  waiting: Count,
  waitingBytes: Count,
  breaker: Type.Unsafe<ShadowView['breaker']>(Type.String()),
  noise: Type.Enum(['secondary', 'replay', 'none']),
  ramp: Type.Union([RampReading, Type.Null()]),
  ledger: Type.Union([LedgerReading, Type.Null()])
})

const SavedReading = Type.Object({ version: Type.Literal(1), exportedAt: Type.String(), reports: Type.Array(ShadowReading) })

/** What a gateway has answered. Throws ReportFault where it is something else. */
export const readView = (json: JsonObject, where: string): ShadowView => readAs(ShadowReading, json, where)

/** A saved file. Throws ReportFault with what is wrong with it. */
export function readSaved (text: string, where: string): SavedReports {
  const json = readJson(text, where)
  if (json['version'] === undefined || json['reports'] === undefined) throw new ReportFault(`${where}: nothing that \`gatehouse shadow export\` has written`)
  if (json['version'] !== 1) throw new ReportFault(`${where}: of another version of Gatehouse (format ${JSON.stringify(json['version'])}); this one reads format 1`)
  return readAs(SavedReading, json, where)
}
