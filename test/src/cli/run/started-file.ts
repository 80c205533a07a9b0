import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { Started, type Address } from './started.ts'

/** A route that answers with a text. */
export const ROUTE = (id: string, text: string) => `  - { id: ${id}, predicates: [path: /${id}], filters: [respond: "${text}"] }\n`

/** A file with these routes, on free ports. */
export const FILE = (routes: string, gateway = '') => `version: 1\ngateway: { listen: [{ port: 0, host: 127.0.0.1 }], admin: { port: 0 }${gateway} }\nroutes:\n${routes}`

/** Starts a gateway of this file; `write` puts another in its place. */
export function start (t: Test, file: string, ...argv: string[]) {
  const cwd = t.testdir({ 'routes.yaml': file })
  const gateway = new Started(t, argv, { cwd })
  const write = (text: string) => {
    writeFileSync(join(cwd, 'next'), text)
    renameSync(join(cwd, 'next'), join(cwd, 'routes.yaml'))
  }
  return { cwd, gateway, write }
}

/** Asks a gateway. */
export const get = async ({ host, port }: Address, path: string, method = 'GET') => {
  const response = await fetch(`http://${host}:${port}${path}`, { method })
  return { status: response.status, text: await response.text() }
}
