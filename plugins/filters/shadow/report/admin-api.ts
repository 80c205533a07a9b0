import { isRecord, OutboundError, Type, UsageError, type CommandIo, type JsonObject } from '../../../../src/contract/index.ts'
import { printable } from './printable.ts'
import { readAs, readJson } from './read-json.ts'
import { ReportFault } from './report-fault.ts'

/** One shadow of one route. */
export interface Named { readonly route: string, readonly name: string }

const ListSchema = Type.Object({ total: Type.Integer(), reports: Type.Array(Type.Object({ route: Type.String(), name: Type.String() })) })

/** The shadows of a running gateway, by its admin listener. Rejects with ReportFault, or OutboundError. */
export class AdminApi {
  readonly #io: CommandIo
  readonly #base: string

  /** Throws UsageError where `admin` is no address. */
  constructor (admin: string, io: CommandIo) {
    const url = URL.parse(/^https?:\/\//.test(admin) ? admin : `http://${admin}`)
    if (url === null || url.search !== '' || url.hash !== '') throw new UsageError(`--admin takes the address of an admin listener such as http://127.0.0.1:9090, not "${printable(admin)}"`)
    this.#base = `${url.origin}${url.pathname.replace(/\/+$/, '')}/shadow`
    this.#io = io
  }

  /** All there are, as many as the gateway lists. */
  async list (): Promise<readonly Named[]> {
    const { status, json, where } = await this.#ask('', 'GET')
    if (status === 404) throw new ReportFault(`${where}: no shadow reports there; is it the admin listener of a Gatehouse?`)
    if (status !== 200) throw refused(where, status, json)
    const { total, reports } = readAs(ListSchema, json, where)
    if (total > reports.length) this.#io.err(`${where}: the first ${reports.length} of ${total} shadows; name others with --route and --shadow\n`)
    return reports
  }

  /** All that is known of one; null where it is not there. */
  async view (named: Named): Promise<{ readonly json: JsonObject, readonly where: string } | null> {
    const { status, json, where } = await this.#ask(pathOf(named), 'GET')
    if (status === 404) return null
    if (status !== 200) throw refused(where, status, json)
    return { json, where }
  }

  /** Does what the shadow offers. */
  async act (named: Named, action: string): Promise<JsonObject> {
    const { status, json, where } = await this.#ask(`${pathOf(named)}/${action}`, 'POST')
    if (status === 200) return json
    const { known } = json
    if (status !== 404 || !Array.isArray(known)) throw refused(where, status, json)
    throw new ReportFault(`${printable(`${named.route} ${named.name}`)}: nothing to ${action} there; it knows ${printable(known.join(', '), 200)}`)
  }

  async #ask (path: string, method: 'GET' | 'POST'): Promise<{ status: number, json: JsonObject, where: string }> {
    const where = `${method} ${this.#base}${path}`
    const { status, body } = await this.#io.ask(this.#base + path, method).catch((error: unknown) => { throw withHint(error) })
    return { status, json: status === 200 ? readJson(body, where) : said(body), where }
  }
}

/** Most often it is another port, or nothing is running. */
const withHint = (error: unknown): unknown =>
  error instanceof OutboundError && error.fault === 'unreachable' ? new OutboundError('unreachable', `${error.message}; is a gateway running? --admin says where its admin listener is`) : error

const pathOf = ({ route, name }: Named): string => `/${encodeURIComponent(route)}/${encodeURIComponent(name)}`

/** Whoever refuses may not be a gateway at all. */
function said (body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

const refused = (where: string, status: number, { status: why }: JsonObject): ReportFault =>
  new ReportFault(`${where}: ${status}${typeof why === 'string' ? ` ${printable(why, 300)}` : ''}`)
