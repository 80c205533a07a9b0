import { inspect } from 'node:util'

/** A chain of causes is told up to here: it may lead back to itself. */
const MAX_CAUSES = 5

/** What was thrown as ECS has it: `error.type`, `error.message`, `error.stack_trace` with the causes in it, and `error.code` where there is one. */
export function ecsError (error: unknown): Record<string, string> {
  if (!(error instanceof Error)) return { 'error.message': typeof error === 'string' ? error : inspect(error, { breakLength: Infinity }) }
  const fields: Record<string, string> = { 'error.type': error.name, 'error.message': messageOf(error), 'error.stack_trace': stackOf(error) }
  if ('code' in error && typeof error.code === 'string') fields['error.code'] = error.code
  return fields
}

/** Several attempts to connect fail as one error without a message of its own. */
function messageOf (error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message
  return error.errors.map(one => one instanceof Error ? one.message : String(one)).join('; ')
}

function stackOf (error: Error): string {
  const stacks: string[] = []
  for (let one: unknown = error; one instanceof Error && stacks.length <= MAX_CAUSES; one = one.cause) stacks.push(one.stack ?? `${one.name}: ${one.message}`)
  return stacks.join('\ncaused by: ')
}
