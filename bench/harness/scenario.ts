import type { Lab } from './lab.ts'
import type { Section } from './section.ts'

/** One thing to measure. It starts what it needs through the lab and has stopped all of it when it returns. */
export interface Scenario {
  /** As on the command line. */
  readonly name: string
  run (lab: Lab): Promise<Section>
}
