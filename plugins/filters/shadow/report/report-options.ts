import { parseArgs } from 'node:util'
import { Percentage, UsageError, validate } from '../../../../src/contract/index.ts'
import { printable } from './printable.ts'

/** Which shadows are meant: all of those that fit. */
export interface Selected { readonly route: string | null, readonly shadow: string | null }

/** From when on a report fails a pipeline; null: it does not. */
export interface Limits {
  /** Share of compared pairs, 0 to 1. */
  readonly failOver: number | null
  readonly minCompared: number
  /** Passes what may be a difference, and may be noise. */
  readonly allowUndecided: boolean
}

export interface ReportOptions extends Selected {
  readonly admin: string
  /** A saved file to read in place of a running gateway. */
  readonly from: string | null
  readonly limits: Limits | null
  readonly json: boolean
}

const ADMIN = 'http://127.0.0.1:9090'

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const
const SELECTING = { admin: text, route: text, shadow: text }

/** The options of `report`. Throws UsageError. */
export function reportOptions (args: string[]): ReportOptions {
  const { values: { admin, from, json, route, shadow, ...limits } } =
    parseArgs({ args, options: { ...SELECTING, from: text, 'fail-over': text, 'min-compared': text, 'allow-undecided': flag, json: flag } })
  if (from !== undefined && admin !== undefined) throw new UsageError('--from reads a file, --admin asks a gateway: one of them')
  return { admin: admin ?? ADMIN, from: from ?? null, ...selectedBy({ route, shadow }), limits: limitsOf(limits), json }
}

interface Written { readonly 'fail-over'?: string | undefined, readonly 'min-compared'?: string | undefined, readonly 'allow-undecided': boolean }

function limitsOf ({ 'fail-over': failOver, 'min-compared': minCompared, 'allow-undecided': allowUndecided }: Written): Limits | null {
  if (allowUndecided && failOver === undefined) throw new UsageError('--allow-undecided says what --fail-over passes: not without it')
  if (failOver === undefined && minCompared === undefined) return null
  return { failOver: failOver === undefined ? null : share(failOver), minCompared: minCompared === undefined ? 1 : count(minCompared), allowUndecided }
}

/** The options of `export`. Throws UsageError. */
export function exportOptions (args: string[]): Selected & { admin: string, out: string | null } {
  const { values: { admin = ADMIN, out, ...selected } } = parseArgs({ args, options: { ...SELECTING, out: text } })
  return { admin, out: out ?? null, ...selectedBy(selected) }
}

/** The options of what is done to shadows: to one that is named, or to all of them. Throws UsageError. */
export function actionOptions (args: string[], action: string, toAll: boolean): { admin: string, named: { route: string, name: string } | null } {
  const { values: { admin = ADMIN, route, shadow, all } } = parseArgs({ args, options: { ...SELECTING, ...toAll && { all: flag } } })
  if (all === true && route === undefined && shadow === undefined) return { admin, named: null }
  if (all === true) throw new UsageError('--all is every shadow of every route: without --route and --shadow')
  if (route === undefined || shadow === undefined) throw new UsageError(`${action} takes --route and --shadow${toAll ? ', or --all' : ''}`)
  return { admin, named: { route, name: shadow } }
}

const selectedBy = ({ route, shadow }: { route?: string | undefined, shadow?: string | undefined }): Selected => ({ route: route ?? null, shadow: shadow ?? null })

function share (written: string): number {
  const { value, faults } = validate(Percentage(), written)
  if (faults.length > 0) throw new UsageError(`--fail-over takes a percentage such as 0.1%, not "${printable(written)}"`)
  return value as number
}

function count (written: string): number {
  if (!/^\d{1,12}$/.test(written)) throw new UsageError(`--min-compared takes a whole number, not "${printable(written)}"`)
  return Number(written)
}
