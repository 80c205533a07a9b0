import type { RequestKeyConfig } from '../contract/request-key.ts'
import type { PredicateUse, RouteConfig, Use } from '../contract/route-file.ts'

const MAX_WIDTH = 60

/** One more column of the table. */
export interface Column { readonly title: string, cell (route: RouteConfig): string }

/** The routes in order of lookup, one a line, in columns. */
export function routeTable (routes: readonly RouteConfig[], redact: (text: string) => string, more: readonly Column[] = []): string {
  const ordered = [...routes].sort((a, b) => a.order - b.order)
  const columns: Column[] = [
    { title: 'ROUTE', cell: ({ id }) => id },
    ...ordered.some(({ order }) => order !== 0) ? [{ title: 'ORDER', cell: ({ order }: RouteConfig) => String(order) }] : [],
    { title: 'PREDICATES', cell: ({ predicates }) => predicates.map(predicateText).join(' ') },
    { title: 'FILTERS', cell: ({ filters }) => written(filters).map(filterText).join(', ') || '-' },
    { title: 'UPSTREAM', cell: upstreamText },
    ...more
  ]
  return aligned([columns.map(({ title }) => title), ...ordered.map(route => columns.map(({ cell }) => redact(cell(route))))])
}

/** `path=/a/** not(method=GET)` */
export function predicateText (node: PredicateUse): string {
  if (node.kind === 'use') return useText(node.use)
  return `${node.kind}(${node.of.map(predicateText).join(', ')})`
}

/** What stands on every route says nothing of this one. */
export const written = (filters: readonly Use[]): readonly Use[] => filters.filter(({ implied }) => !implied)

/** `rate-limit`, and whether it acts only sometimes or only reports. */
export const filterText = ({ name, when, report }: Use): string => `${name}${when === null ? '' : ' (when)'}${report ? ' (report)' : ''}`

/** `path=/a`, `weight={group: a, weight: 1}` */
function useText ({ name, config }: Use): string {
  if (config === null || config === undefined) return name
  return `${name}=${Array.isArray(config) ? config.map(flow).join(',') : flow(config)}`
}

/** As YAML's flow style, for people. */
function flow (value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).map(([key, inner]) => `${key}: ${flow(inner)}`).join(', ')}}`
  return String(value)
}

/** `orders`, `95:orders 5:orders-next`, `95:orders 5:orders-next by principal`, or that the route answers by itself. */
export function upstreamText ({ targets, splitBy = null }: RouteConfig): string {
  if (targets.length === 0) return '(answers itself)'
  if (targets.length === 1) return targets[0]!.to
  return `${targets.map(({ to, weight }) => `${weight}:${to}`).join(' ')}${splitBy === null ? '' : ` by ${keyText(splitBy)}`}`
}

/** `principal`, `cookie session`, `expression request.path`. */
export function keyText (key: RequestKeyConfig): string {
  if (typeof key === 'string') return key
  return Object.entries(key).map(([kind, what]) => typeof what === 'string' ? `${kind} ${what}` : `${kind} ${flow(what)}`).join(' ')
}

function aligned (rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.min(MAX_WIDTH, Math.max(...rows.map(row => row[i]!.length))))
  return rows.map(row => row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ').trimEnd()).join('\n')
}
