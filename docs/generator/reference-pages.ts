import { readFileSync } from 'node:fs'
import { filters, predicates } from '../../plugins/index.ts'
import type { Filter, Predicate } from '../../src/contract/room.ts'
import { commandsPage } from './commands-page.ts'
import { roomPage, type DocumentedRoom } from './room-page.ts'
import { settingsPage } from './settings-page.ts'
import { springPage } from './spring-page.ts'

const PREDICATES = 'A route takes a request when all its predicates hold. In a list each stands by its name; `any`, `all` and `not` combine them ([the route file](../route-file.md#predicates)).'
const FILTERS = 'Filters act in the order they stand in: on requests downwards, on replies upwards. Beside each, `when` and `report` may stand ([the route file](../route-file.md#filters)).'

/** Every generated page, by its path from the root of the project. */
export function referencePages (): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reference/predicates.md', roomPage('Predicates', PREDICATES, predicates.map(documented))],
    ['docs/reference/filters.md', roomPage('Filters', FILTERS, filters.map(documented))],
    ['docs/reference/settings.md', settingsPage()],
    ['docs/reference/spring.md', springPage(filters, predicates)],
    ['docs/reference/commands.md', commandsPage()]
  ])
}

function documented (room: Filter | Predicate): DocumentedRoom {
  const readme = new URL(`../../plugins/${room.kind}s/${room.name}/README.md`, import.meta.url)
  return { room, readme: readFileSync(readme, 'utf8') }
}
