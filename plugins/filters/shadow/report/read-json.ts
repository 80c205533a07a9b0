import type { StaticDecode, TSchema } from 'typebox'
import { isRecord, validate, type JsonObject } from '../../../../src/contract/index.ts'
import { printable } from './printable.ts'
import { ReportFault } from './report-fault.ts'

/** Faults that are told of: the first ones say enough. */
const TOLD = 3

/** The JSON object of a file or an answer; `where` it is from, for operators. Throws ReportFault. */
export function readJson (text: string, where: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ReportFault(`${where}: not the whole of a JSON text: ${printable(withoutQuote((error as Error).message), 200)}`)
  }
  if (!isRecord(value)) throw new ReportFault(`${where}: expected a JSON object`)
  return value
}

/** V8 quotes what it could not read, which may be the wrong file altogether. */
const withoutQuote = (message: string): string => message.replace(/, (?:\.\.\.)?"[^]*/, '')

/** A JSON value as what it should be. More than that may be in it: another version wrote it. Throws ReportFault with what is wrong, and where. */
export function readAs<S extends TSchema> (schema: S, value: unknown, where: string): StaticDecode<S> {
  const { value: read, faults } = validate(schema, value)
  if (faults.length === 0) return read as StaticDecode<S>
  const told = faults.slice(0, TOLD).map(({ pointer, detail }) => `${where}: ${printable(`${pointer === '' ? '' : `${pointer}: `}${detail}`, 300)}`)
  throw new ReportFault([...told, ...faults.length > TOLD ? [`and ${faults.length - TOLD} more`] : []].join('\n'))
}
