import type { Filter, Predicate } from '../../src/contract/room.ts'
import { generated, table } from './markdown.ts'

/** The table of equivalents, from what each room says of Spring. */
export function springPage (filters: readonly Filter[], predicates: readonly Predicate[]): string {
  return [
    generated('Spring names', 'What Spring Cloud Gateway calls each predicate and filter, and its arguments in the order of the short form. [Coming from Spring](../spring.md) tells how files are loaded and what differs.'),
    `## Predicates\n\n${equivalents(predicates, 'predicates.md')}`,
    `## Filters\n\n${equivalents(filters, 'filters.md')}`
  ].join('\n\n') + '\n'
}

function equivalents (rooms: readonly (Filter | Predicate)[], page: string): string {
  const rows = rooms.flatMap(({ name, spring }) => spring ? [[`\`${spring.name}\``, spring.args.map(argument).join(', '), `[${name}](${page}#${name})`]] : [])
  const own = rooms.filter(({ spring }) => spring === null).map(({ name }) => `[${name}](${page}#${name})`)
  const sorted = rows.sort(([a = ''], [b = '']) => a < b ? -1 : 1)
  return table(['Spring', 'arguments', 'here'], sorted) + (own.length > 0 ? `\n\nOnly here: ${own.join(', ')}.` : '')
}

const argument = (name: string): string => name.startsWith('...') ? `\`${name.slice(3)}\` (all that follow)` : `\`${name}\``
