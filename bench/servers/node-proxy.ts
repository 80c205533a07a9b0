import { fileURLToPath } from 'node:url'
import type { Contender } from '../harness/contender.ts'
import { freePort } from '../harness/free-ports.ts'
import { CORE } from '../harness/lab.ts'
import { untilReady } from '../harness/until-ready.ts'

/** A proxy that is one file in `processes/`, started with its own port and the upstream's. */
export function nodeProxy (name: string): Contender {
  return {
    name,
    async start (lab, site) {
      const port = await freePort()
      const argv = [process.execPath, processFile(name), String(port), String(site.upstreamPort)]
      const child = lab.start(name, argv, { core: CORE.server })
      const url = `http://127.0.0.1:${port}`
      await untilReady(child, `${url}/ready`)
      return { child, url }
    }
  }
}

/** The path of one of the programs that run in a process of their own. */
export function processFile (name: string): string {
  return fileURLToPath(new URL(`../processes/${name}.ts`, import.meta.url))
}
