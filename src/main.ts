#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'
import type { Io } from './cli/command.ts'

const OLDEST_NODE = 24

if (Number(process.versions.node.split('.', 1)[0]) < OLDEST_NODE) {
  process.stderr.write(`Gatehouse needs Node.js ${OLDEST_NODE} or later; this is ${process.versions.node}\n`)
  process.exit(2)
}

// Under load from the first second V8 takes objects of requests in flight for long-lived and puts them into the old space, where each
// keeps all that it points to alive until a full collection: a third of the CPU per request. Only the process may decide this.
setFlagsFromString('--no-allocation-site-pretenuring')

// Loaded only now: an older Node could not even link them, and would say so in its own words.
const [{ filters, predicates }, { runCli }] = await Promise.all([import('../plugins/index.ts'), import('./cli/cli.ts')])

const coloured = process.env['NO_COLOR'] === undefined && process.env['TERM'] !== 'dumb'

const io: Io = {
  env: process.env,
  cwd: process.cwd(),
  rooms: { filters, predicates },
  colours: { out: coloured && process.stdout.isTTY, err: coloured && process.stderr.isTTY },
  out: text => { process.stdout.write(text) },
  err: text => { process.stderr.write(text) },
  onSignal: told => { for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => { told(signal) }) },
  exit: status => { process.exit(status) }
}

// Whoever reads our output may stop early (`gatehouse routes | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

process.exitCode = await runCli(process.argv.slice(2), io)
