import { Decisions } from '../../../../../plugins/filters/shadow/decisions.ts'
import { shadowCommand } from '../../../../../plugins/filters/shadow/report/command.ts'
import type { ShadowTarget } from '../../../../../plugins/filters/shadow/shadow-target.ts'
import { shadowReport, type ShadowView } from '../../../../../plugins/filters/shadow/shadow-view.ts'
import { firstState } from '../../../../../plugins/filters/shadow/stages/ramp-state.ts'
import { rampView, type RampView } from '../../../../../plugins/filters/shadow/stages/ramp-view.ts'
import { StageCounts } from '../../../../../plugins/filters/shadow/stages/stage-counts.ts'
import type { CommandIo, Report } from '../../../../../src/contract/index.ts'
import { closedBreaker, fakeServices } from '../../../../../src/testing/index.ts'
import { answer, comparison, difference, EQUAL, GOOD, ledgerOf } from '../ledger/traffic.ts'

/** What begins what a terminal obeys. */
export const ESC = '\u001b'
const START = Date.UTC(2026, 0, 1)

/** What a ledger is to have counted. */
export interface Traffic { readonly pairs?: number, readonly priceEvery?: number, readonly dateEvery?: number, readonly repeats?: number, readonly shadowMs?: number, readonly failsEvery?: number, readonly sample?: string }

const hits = (i: number, every: number, at: number): boolean => every < Infinity && i % every === at

function ledgerWith (traffic: Traffic) {
  const { pairs, priceEvery, dateEvery, repeats, shadowMs, failsEvery, sample } = { pairs: 0, priceEvery: Infinity, dateEvery: Infinity, repeats: 0, shadowMs: 5, failsEvery: Infinity, sample: '10.5', ...traffic }
  const { ledger } = ledgerOf()
  const date = difference('header/date', 'time')
  const price = { ...difference('body/items/*/price', 'number'), live: '10', shadow: sample }
  for (let i = 0; i < repeats; i++) ledger.noise({ live: GOOD, other: GOOD, comparison: hits(i, dateEvery, 0) ? comparison(date) : EQUAL })
  for (let i = 0; i < pairs; i++) {
    const found = [...hits(i, priceEvery, 1) ? [price] : [], ...hits(i, dateEvery, 0) ? [date] : []]
    ledger.compared({ live: answer({ headMs: 5 }), shadow: answer({ headMs: shadowMs, status: hits(i, failsEvery, 2) ? 500 : 200 }), comparison: comparison(...found), requestId: `r${i}` })
  }
  return ledger
}

const STAGES = [0.1, 0.25, 1].map(share => ({ percent: share, hold: 300_000, minSamples: 100, maxDifference: 0.01, maxErrors: 0.01, maxP99: 1.5 }))

/** A ramp in its first stage. */
export function ramp (over: Partial<Parameters<typeof rampView>[0]> = {}, different = 0): RampView {
  const counts = new StageCounts()
  for (let i = 0; i < 120; i++) counts.record({ different: i < different, shadowFailed: false, liveFailed: false, liveMs: 5, shadowMs: 5 })
  return rampView({ state: firstState(1, '2026-01-01T00:00:00.000Z'), stages: STAGES, counts, servedMs: 1000, percent: 0.1, shared: true, storeDown: false, ...over })
}

/** The report of one shadow, as the filter publishes it. */
export function reportOf (route: string, id: string, traffic: Traffic | null, { ramp: view = null as RampView | null, role = 'candidate', noise = 'replay' as ShadowView['noise'] } = {}): Report {
  const decisions = new Decisions(fakeServices().metrics, 'async', id)
  for (let i = 0; i < 1200; i++) decisions.count('sent', '-')
  decisions.count('dropped', 'full')
  const acting = async () => view
  const target = {
    id,
    stats: { inFlight: 2, waiting: 1, waitingBytes: 1500, oldestMs: 0 },
    options: { role, decisions, breaker: closedBreaker({} as never), ledger: traffic && ledgerWith(traffic), ramp: view && { view: () => view, percent: view.percent, promote: acting, rollback: acting, hold: acting, resume: acting, restart: acting } }
  }
  return shadowReport(target as unknown as ShadowTarget, { route, upstream: `${id}-service`, mode: 'async+selective', noise, now: () => START })
}

/** Where one is published. */
export type Named = readonly [route: string, name: string, report: Report]

const plain = async (reports: readonly Named[]): Promise<ShadowView[]> => JSON.parse(JSON.stringify(await Promise.all(reports.map(([,, report]) => report.view())))) as ShadowView[]

/** A command line before an admin listener that is not there: answers by method and path, files by name. */
export async function shadow (argv: readonly string[], { answers = {} as Record<string, unknown>, files = {} as Record<string, string>, coloured = false } = {}) {
  let [out, err] = ['', '']
  const written: Record<string, string> = {}
  const asked: string[] = []
  const io: CommandIo = {
    out: text => { out += text },
    err: text => { err += text },
    coloured,
    readFile: async path => files[path] ?? await Promise.reject(Object.assign(new Error(`ENOENT ${path}`), { code: 'ENOENT' })),
    writeFile: async (path, text) => { written[path] = text },
    ask: async (url, method) => {
      asked.push(`${method} ${url}`)
      const found = answers[`${method} ${url.replace('http://127.0.0.1:9090', '')}`]
      if (found instanceof Error) throw found
      if (typeof found === 'string') return { status: 200, body: found }
      const { status = 200, ...body } = { ...(found ?? { status: 404 }) } as { status?: number }
      return { status, body: JSON.stringify(body) }
    }
  }
  const status = await shadowCommand.run([...argv], io)
  return { status, out, err, written, asked }
}

/** What an admin listener answers where these are published. */
export async function listing (reports: readonly Named[]): Promise<Record<string, unknown>> {
  const views = await plain(reports)
  return {
    'GET /shadow': { total: reports.length, reports: reports.map(([route, name]) => ({ route, name, mode: 'async' })) },
    ...Object.fromEntries(reports.map(([route, name], i) => [`GET /shadow/${encodeURIComponent(route)}/${encodeURIComponent(name)}`, views[i]]))
  }
}

/** One route with one shadow. */
export const one = (traffic: Traffic | null, more: Parameters<typeof reportOf>[3] = {}): Named[] => [['orders', 'next', reportOf('orders', 'next', traffic, more)]]
/** One price in ten differs, beside dates that do so by themselves. */
export const DIFFERENT: Traffic = { pairs: 2000, priceEvery: 10, dateEvery: 4, repeats: 2000 }
/** Only the dates. */
export const EQUALS: Traffic = { pairs: 2000, dateEvery: 4, repeats: 2000 }

/** What `export` writes. */
export const saved = async (reports: readonly Named[]): Promise<string> => JSON.stringify({ version: 1, exportedAt: '2026-01-01T00:00:00Z', reports: await plain(reports) })

/** A saved file after something was done to it. */
export async function spoilt (change: (file: any) => void): Promise<string> {
  const file = JSON.parse(await saved(one(DIFFERENT, { ramp: ramp() })))
  change(file)
  return JSON.stringify(file)
}
