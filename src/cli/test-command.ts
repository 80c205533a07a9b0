import { parseArgs } from 'node:util'
import type { RouteConfig, RouteTest } from '../contract/route-file.ts'
import type { Compiled } from './compile-all.ts'
import { UsageError } from '../contract/usage-error.ts'
import { EXIT, type Command } from './command.ts'
import { plainRequest } from './explain/plain-request.ts'
import { compileFiles, placeOf } from './load-files.ts'
import { plural } from './plural.ts'
import { SOMEBODY } from './rehearsal/offline-request.ts'
import { parseTime } from './rehearsal/parse-time.ts'
import { Rehearsal } from './rehearsal/rehearsal.ts'
import { testPrincipal } from './rehearsal/test-principal.ts'
import { judge } from './suite/judge.ts'
import { TapReport } from './suite/tap-report.ts'

const MAX_NAMED = 10

/** `gatehouse test`: runs the tests that stand in the route files. */
export const testCommand: Command = {
  name: 'test',
  summary: 'run the tests: of the routes in these files',
  usage: `[files or folders]

Takes the request of each test through all routes, the guard before them included, and compares what would go upstream, or what the
gateway answers by itself. Nothing is sent. Prints TAP version 14; a failure tells file:line and what was wanted and found.
An empty expect: asks that the route itself wins. Chance always takes the same turn; a route or upstream with a weight of more than 0
can be expected all the same.

Exit status: 0 all pass, or there are none; 1 a test fails; 2 the files are wrong.`,
  run: async (args, io) => {
    const { positionals } = parseArgs({ args, options: {}, allowPositionals: true })
    const { loaded, compiled } = await compileFiles(positionals, io)
    const rehearsal = new Rehearsal(loaded.config, compiled)
    const routes = compiled.plans.map(({ config }) => config)
    const tests = routes.flatMap(route => route.tests.map(one => ({ route, ...one })))
    const report = new TapReport(io.out, loaded.redact, tests.length, 'no route has tests')
    for (const { route, test, origin } of tests) {
      const name = `${route.id}: ${test.request}${test.as ? ` as ${test.as.subject}` : ''}`
      const wrong = await run(test, route, rehearsal, compiled, misses => judge(test, route.id, misses, loaded.config))
      if (wrong === null) report.pass(name)
      else report.fail(name, { at: placeOf(origin, loaded), ...wrong })
    }
    summarise(report, routes, tests.length)
    return report.failed > 0 ? EXIT.failed : EXIT.ok
  }
}

type Judge = (rehearsed: Awaited<ReturnType<Rehearsal['run']>>) => ReturnType<typeof judge>

/** What is wrong with the outcome, or with the test itself; null for nothing. */
async function run ({ request, headers = {}, body, from = SOMEBODY, at, as, expect }: RouteTest, { id }: RouteConfig, rehearsal: Rehearsal, { clock }: Compiled, verdict: Judge): Promise<object | null> {
  try {
    clock.at = at === undefined ? null : parseTime(at)
    const offline = plainRequest(request, { headers: Object.entries(headers), body, from })
    const misses = verdict(await rehearsal.run(offline, expect.route ?? id, as ? testPrincipal(as) : null))
    return misses.length === 0 ? null : { message: misses.map(({ what }) => what).join(', '), misses }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { message: error.message }
  }
}

function summarise (report: TapReport, routes: readonly RouteConfig[], total: number): void {
  const bare = routes.filter(({ tests }) => tests.length === 0).map(({ id }) => id)
  if (total > 0) report.comment(`${plural(total, 'test')}, ${report.failed} failed`)
  if (total > 0 && bare.length > 0) {
    report.comment(`${plural(bare.length, 'route')} without tests: ${bare.slice(0, MAX_NAMED).join(', ')}${bare.length > MAX_NAMED ? ', ...' : ''}`)
  }
}
