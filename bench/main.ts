import { writeFileSync } from 'node:fs'
import { contenders } from './contenders.ts'
import { Lab } from './harness/lab.ts'
import type { Scenario } from './harness/scenario.ts'
import { formatSection, verdict, type Section } from './harness/section.ts'
import { parseOptions, type Options } from './options.ts'
import { bodies } from './scenarios/bodies.ts'
import { drill } from './scenarios/drill.ts'
import { identity } from './scenarios/identity.ts'
import { idle } from './scenarios/idle.ts'
import { lookup } from './scenarios/lookup.ts'
import { proxy } from './scenarios/proxy.ts'
import { reload } from './scenarios/reload.ts'
import { resilience } from './scenarios/resilience.ts'
import { routes } from './scenarios/routes.ts'
import { shadow } from './scenarios/shadow.ts'

const SCENARIOS: readonly Scenario[] = [proxy, identity, resilience, drill, shadow, routes, lookup, bodies, idle, reload]

await main(process.argv.slice(2))

async function main (argv: string[]): Promise<void> {
  try {
    const options = parseOptions(argv)
    const scenarios = select(options)
    check(options)
    const lab = new Lab(options)
    const sections: Section[] = []
    for (const scenario of scenarios) sections.push(await runScenario(lab, scenario))
    if (options.json !== null) writeFileSync(options.json, report(options, sections))
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`)
    process.exitCode = 1
  }
}

function select ({ scenarios }: Options): readonly Scenario[] {
  const names = SCENARIOS.map(({ name }) => name)
  const unknown = scenarios.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`there is no scenario '${unknown}'; there are ${names.join(', ')}`)
  return SCENARIOS.filter(({ name }) => scenarios.length === 0 || scenarios.includes(name))
}

function check ({ only }: Options): void {
  const names = contenders.map(({ name }) => name)
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`there is no server '${unknown}'; there are ${names.join(', ')}`)
}

async function runScenario (lab: Lab, scenario: Scenario): Promise<Section> {
  try {
    const section = await scenario.run(lab)
    process.stdout.write(formatSection(section))
    return section
  } finally {
    await lab.stopAll()
  }
}

function report (options: Options, sections: readonly Section[]): string {
  const judged = sections.map((section) => ({
    ...section, targets: section.targets.map((target) => ({ ...target, verdict: verdict(target) }))
  }))
  return `${JSON.stringify({ node: process.version, options, sections: judged }, null, 2)}\n`
}
