import type { CommandIo } from '../../../../src/contract/index.ts'
import type { ShadowView } from '../shadow-view.ts'
import { AdminApi, type Named } from './admin-api.ts'
import { count } from './figures.ts'
import { printable } from './printable.ts'
import { readSaved, readView } from './read-views.ts'
import { ReportFault } from './report-fault.ts'
import type { Selected } from './report-options.ts'

/** Names that a message gives. */
const NAMED = 10

/** The reports in a saved file that are meant. Rejects with ReportFault where there are none such. */
export async function savedViews (file: string, selected: Selected, io: CommandIo): Promise<ShadowView[]> {
  const { reports } = readSaved(await io.readFile(file), printable(file))
  return chosen(reports, ({ route, shadow }) => ({ route, name: shadow }), selected)
}

/** Those of a running gateway. Rejects with ReportFault, or OutboundError. */
export async function runningViews (admin: string, selected: Selected, io: CommandIo): Promise<ShadowView[]> {
  const api = new AdminApi(admin, io)
  const { route, shadow } = selected
  // Named as a whole it need not be among those that are listed
  const one = route !== null && shadow !== null ? await api.view({ route, name: shadow }) : null
  if (one !== null) return [readView(one.json, one.where)]
  const views: ShadowView[] = []
  for (const named of chosen(await api.list(), each => each, selected)) {
    const found = await api.view(named)
    // A reload has taken it away in between
    if (found !== null) views.push(readView(found.json, found.where))
  }
  return views
}

function chosen<T> (all: readonly T[], nameOf: (one: T) => Named, { route, shadow }: Selected): T[] {
  const found = all.filter(one => (route === null || nameOf(one).route === route) && (shadow === null || nameOf(one).name === shadow))
  if (found.length > 0 || (route === null && shadow === null)) return found
  const wanted = [...route === null ? [] : [`of route "${route}"`], ...shadow === null ? [] : [`named "${shadow}"`]].join(' ')
  throw new ReportFault(`no shadow ${printable(wanted)}; ${known(all.map(nameOf))}`)
}

function known (all: readonly Named[]): string {
  if (all.length === 0) return 'there are none'
  const names = all.slice(0, NAMED).map(({ route, name }) => printable(`${route} ${name}`)).join(', ')
  return `there are: ${names}${all.length > NAMED ? ` and ${count(all.length - NAMED)} more` : ''}`
}
