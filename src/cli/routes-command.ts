import { parseArgs } from 'node:util'
import type { RouteConfig } from '../contract/route-file.ts'
import { EXIT, type Command } from './command.ts'
import { compileFiles, located, placeOf, type Loaded } from './load-files.ts'
import { paintFor } from './paint.ts'
import { redactedJson } from './redacted-json.ts'
import { filterText, predicateText, routeTable, written } from './route-table.ts'

/** `gatehouse routes`: shows the routes in order of lookup. */
export const routesCommand: Command = {
  name: 'routes',
  summary: 'show the routes of these files in order of lookup',
  usage: `[files or folders] [--json]

Warns of routes that are never reached because an earlier one takes all their requests.

  --json   one JSON document: { routes: [{ id, order, predicates, filters, upstream, source }], warnings }

Exit status: 0 shown, 2 the files are wrong.`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({ args, options: { json: { type: 'boolean', default: false } }, allowPositionals: true })
    const { loaded, compiled } = await compileFiles(positionals, io)
    const routes = compiled.plans.map(({ config }) => config)
    const warnings = located(compiled.warnings, loaded).errors.map(({ message }) => loaded.redact(message))
    if (values.json) {
      io.out(`${redactedJson({ routes: routes.map(route => describe(route, loaded)), warnings }, loaded.redact)}\n`)
      return EXIT.ok
    }
    io.out(`${routeTable(routes, loaded.redact, [{ title: 'SOURCE', cell: route => placeOf(route.origin, loaded) }])}\n`)
    for (const warning of warnings) io.err(`${paintFor(io.colours.err)('yellow', `warning: ${warning}`)}\n`)
    return EXIT.ok
  }
}

const describe = ({ id, order, predicates, filters, targets, origin }: RouteConfig, loaded: Loaded) => ({
  id,
  order,
  predicates: predicates.map(predicateText),
  filters: written(filters).map(filterText),
  upstream: targets.map(({ to, weight }) => ({ to, weight })),
  source: placeOf(origin, loaded)
})
