import { branch, leaf, list, type Branch, type Tree } from '../tree.ts'
import type { Conversion } from './conversion.ts'
import type { Section } from './relaxed-section.ts'

/** The `gateway` section that Spring's settings come to; undefined where they say nothing of it. */
export function convertSettings (gateway: Section, server: Section, conversion: Conversion): Branch | undefined {
  const listen = listenerOf(server)
  const forwarded = forwardedOf(gateway, conversion)
  const at = listen ?? forwarded
  return at && branch({ listen, forwarded }, at.span)
}

function listenerOf (server: Section): Tree | undefined {
  const port = server.take('port')?.value
  const host = server.take('address')?.value
  const { span } = port ?? host ?? {}
  return span && list([branch({ port: port ?? leaf(8080, span), host }, span)], span)
}

/** Which of X-Forwarded-* and Forwarded upstreams get. Spring sends both unless told otherwise; ours is said by one word. */
function forwardedOf (gateway: Section, conversion: Conversion): Tree | undefined {
  const xForwarded = gateway.section('x-forwarded')
  const x = flag(xForwarded, 'enabled', conversion)
  const standard = flag(gateway.section('forwarded'), 'enabled', conversion)
  refuseParts(xForwarded, conversion)
  const at = x ?? standard
  if (at === undefined) return undefined
  const word = x?.value === false
    ? standard?.value === false ? 'none' : 'forwarded'
    : standard?.value === false ? 'x-forwarded' : 'both'
  return leaf(word, at.span)
}

/** `for-enabled: false` and the like: the headers are sent together or not at all. */
function refuseParts (xForwarded: Section, conversion: Conversion): void {
  for (const { path, key, value } of xForwarded.left()) {
    const isDefault = value.kind === 'leaf' && String(value.value) === 'true' && /-?(enabled|append)$/i.test(path)
    if (!isDefault) conversion.refuse(key, path, 'X-Forwarded-For, -Host, -Port and -Proto are sent together, or none of them')
  }
}

function flag (section: Section, name: string, conversion: Conversion): (Tree & { value: boolean }) | undefined {
  const property = section.take(name)
  if (!property) return undefined
  const { value: tree } = property
  const text = tree.kind === 'leaf' ? String(tree.value) : ''
  if (tree.kind === 'leaf' && (text === 'true' || text === 'false')) return leaf(text === 'true', tree.span) as Tree & { value: boolean }
  conversion.refuse(tree.span, property.path, 'expected true or false', 'GW_CONFIG_INVALID')
  return undefined
}
