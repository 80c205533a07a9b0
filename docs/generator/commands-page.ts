import { COMMANDS } from '../../src/cli/cli.ts'
import { generated, table } from './markdown.ts'

/** The reference page of the command line: what `--help` says. */
export function commandsPage (): string {
  const rows = COMMANDS.map(({ name, summary }) => [`[${name}](#${name})`, summary])
  return [
    generated('Commands', 'What `gatehouse <command> --help` prints. Without files a command reads `routes.yaml`.'),
    table(['command', 'what it does'], rows),
    ...COMMANDS.map(({ name, usage }) => `## ${name}\n\n\`\`\`text\ngatehouse ${name} ${usage}\n\`\`\``)
  ].join('\n\n') + '\n'
}
