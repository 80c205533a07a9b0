import { setTimeout as delay } from 'node:timers/promises'
import { renameSync, writeFileSync } from 'node:fs'
import { amount, mebibytes, ratio } from '../harness/format.ts'
import { fetchOnce } from '../harness/fetch-once.ts'
import { CORE, type Lab } from '../harness/lab.ts'
import { mixedRoutes } from '../harness/mixed-routes.ts'
import { residentBytes } from '../harness/process-tree.ts'
import type { Scenario } from '../harness/scenario.ts'
import type { Section } from '../harness/section.ts'
import { parseWrk, wrkCommand, type Load } from '../harness/wrk.ts'
import { catchAll, EIGHT_FILTERS, routeFile, startGatehouse, type Gatehouse } from '../servers/gatehouse.ts'
import { startSmallUpstream } from '../servers/upstream.ts'

const RELOADS = 1_000
const WARM_UP_RELOADS = 200
const ROUTES = 100
const PATIENCE_MS = 10_000
// Longer than the reloads can take: the load is told to stop when they are through.
const LOAD_SECONDS = 600

interface Memory { readonly residentBytes: number, readonly heapBytes: number }

interface Reloaded {
  readonly seconds: number
  readonly load: Load
  readonly before: Memory
  readonly after: Memory
}

/** A thousand reloads of the route file under load: no request may fail, and no memory may stay behind. */
export const reload: Scenario = {
  name: 'reload',
  async run (lab) {
    const upstream = await startSmallUpstream(lab)
    try {
      const running = await startGatehouse(lab, generation(0, upstream.port), { gc: true })
      return section(await measure(lab, running, upstream.port))
    } catch (error) {
      lab.note(`skipped reload: ${(error as Error).message}`)
      return section(null)
    } finally {
      await lab.stopAll()
    }
  }
}

async function measure (lab: Lab, running: Gatehouse, upstreamPort: number): Promise<Reloaded> {
  // The warm-up does the same as the measured part: code, caches and the heap's size in use are no leak.
  await reloadUnderLoad(lab, running, upstreamPort, 1, WARM_UP_RELOADS)
  const before = await collected(running)
  const start = performance.now()
  const load = await reloadUnderLoad(lab, running, upstreamPort, WARM_UP_RELOADS + 1, WARM_UP_RELOADS + RELOADS)
  const seconds = (performance.now() - start) / 1000
  return { seconds, load, before, after: await collected(running) }
}

async function reloadUnderLoad (lab: Lab, running: Gatehouse, upstreamPort: number, first: number, last: number): Promise<Load> {
  const child = lab.start('wrk', wrkCommand(running.url, LOAD_SECONDS), { core: CORE.load })
  for (let n = first; n <= last; n++) await reloadOnce(running, generation(n, upstreamPort))
  child.signal('SIGINT')
  await child.ended
  return parseWrk(child.output())
}

async function reloadOnce (running: Gatehouse, text: string): Promise<void> {
  const before = await revision(running)
  // Moved into place: a watcher must not see half a file.
  writeFileSync(`${running.routeFile}.new`, text)
  renameSync(`${running.routeFile}.new`, running.routeFile)
  running.child.signal('SIGHUP')
  const deadline = Date.now() + PATIENCE_MS
  while (await revision(running) === before) {
    if (Date.now() > deadline) throw new Error(`no new revision within ${PATIENCE_MS / 1000} s of SIGHUP`)
    await delay(2)
  }
}

async function revision ({ adminUrl }: Gatehouse): Promise<unknown> {
  const { status, body } = await fetchOnce(`${adminUrl}/routes`)
  if (status !== 200) throw new Error(`GET /routes on the admin listener answers ${status}`)
  const answer = JSON.parse(body) as { revision?: unknown }
  if (answer.revision === undefined) throw new Error('GET /routes on the admin listener has no revision')
  return answer.revision
}

// Every generation differs in what a filter does and in one route, so that nothing can be taken over unseen.
function generation (n: number, upstreamPort: number): string {
  const mixed = mixedRoutes(ROUTES).map(({ id, predicates }) => ({ ...catchAll(upstreamPort), id, predicates }))
  const changing = { 'add-request-header': { name: 'X-Generation', value: String(n) } }
  const added = { ...catchAll(upstreamPort, [changing]), id: `generation-${n}`, predicates: [{ path: `/generation-${n}` }] }
  return routeFile([...mixed, added, catchAll(upstreamPort, [...EIGHT_FILTERS, changing])], { upstreamPort, connections: 1024 })
}

async function collected ({ child }: Gatehouse): Promise<Memory> {
  // Replaced plans are closed when they have drained; they get the time for it.
  await delay(2000)
  const { heapBytes } = await child.ask<{ heapBytes: number }>({})
  return { residentBytes: residentBytes(child.pid, 'VmRSS'), heapBytes }
}

function section (result: Reloaded | null): Section {
  return {
    title: `${amount(RELOADS)} reloads of ${ROUTES} routes under load`,
    columns: ['', 'before', 'after'],
    rows: result === null ? [] : rows(result),
    targets: [
      { text: 'failed requests', value: result?.load.failed ?? null, limit: 0 },
      { text: 'RSS after, against before', value: ratio(result?.after.residentBytes ?? null, result?.before.residentBytes ?? null), limit: 1.1 }
    ],
    notes: result === null ? [] : notes(result)
  }
}

function rows ({ before, after }: Reloaded): string[][] {
  return [
    ['RSS MiB after a collection', mebibytes(before.residentBytes), mebibytes(after.residentBytes)],
    ['heap MiB after a collection', mebibytes(before.heapBytes), mebibytes(after.heapBytes)]
  ]
}

function notes ({ seconds, load }: Reloaded): string[] {
  return [
    `a reload took ${(seconds * 1000 / RELOADS).toFixed(1)} ms, with the load on the same core`,
    `${amount(load.requests)} requests meanwhile: ${amount(load.perSecond)}/s, p50 ${load.p50Ms} ms, p99 ${load.p99Ms} ms`
  ]
}
