import { NO_PARAMS, type Exchange, type Params } from '../../../src/contract/index.ts'
import type { Label } from './compile-label.ts'
import type { ParsedHost } from './parse-host.ts'

/** A host pattern ready to be asked. */
export interface HostMatcher {
  /** Hosts to look it up by; null where it could be any. */
  readonly hints: readonly string[] | null
  /** Whether every host that fits a hint fits the pattern. */
  readonly complete: boolean
  /** What it captures of a host in lower case, already without port; null where it does not fit. */
  match(x: Exchange): Params | null
}

type Labels = ParsedHost['labels']

/** Compiles a host pattern to a string compare where it is text, to a walk over the labels where it is more. */
export function compileHost ({ labels, port }: ParsedHost): HostMatcher {
  const match = matchOf(labels)
  const { hints, complete } = hintsOf(labels)
  return { hints, complete: complete && port === null, match: port === null ? x => match(x.host) : x => portOf(x) === port ? match(x.host) : null }
}

/** The port the client asked for; the default one of the scheme where it named none (RFC 9110 4.2.1, 4.2.2). */
function portOf (x: Exchange): number {
  const found = /:([0-9]+)$/.exec(x.authority)
  return found ? Number(found[1]) : x.scheme === 'https' ? 443 : 80
}

function matchOf (labels: Labels): (host: string) => Params | null {
  if (labels.every(isText)) {
    const text = join(labels)
    return host => host === text ? NO_PARAMS : null
  }
  return host => {
    // Without a prototype, so that `{constructor}` in a template is a variable nobody captured
    const captured: Record<string, string> = Object.create(null)
    return fit(labels, host.split('.'), captured) ? captured : null
  }
}

/** A `**` takes as little as it can; where what follows does not fit, the nearest one takes one more. At worst labels times labels. */
function fit (labels: Labels, host: readonly string[], captured: Record<string, string>): boolean {
  let at = 0
  let taken = 0
  let any = { at: -1, taken: 0 }
  while (taken < host.length) {
    const label = labels[at]
    if (label === null) any = { at: ++at, taken }
    else if (label?.fits(host[taken]!, captured)) {
      at++
      taken++
    } else if (any.at < 0) return false
    else {
      at = any.at
      taken = ++any.taken
    }
  }
  return labels.slice(at).every(label => label === null)
}

const isText = (label: Label | null): label is Label & { text: string } => label !== null && label.text !== null
const join = (labels: readonly { readonly text: string }[]) => labels.map(({ text }) => text).join('.')

/** The text it ends in: any host below that, and that itself where everything before may be nothing. */
function hintsOf (labels: Labels): Pick<HostMatcher, 'hints' | 'complete'> {
  const from = labels.findLastIndex(label => !isText(label)) + 1
  const suffix = join(labels.slice(from).filter(isText))
  if (from === 0) return { hints: [suffix], complete: true }
  if (suffix === '') return { hints: null, complete: false }
  const complete = labels.slice(0, from).every(label => label === null)
  return { hints: complete ? [suffix, `*.${suffix}`] : [`*.${suffix}`], complete }
}
