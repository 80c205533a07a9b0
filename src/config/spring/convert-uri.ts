import { leaf, type Leaf, type Tree } from '../tree.ts'
import type { Conversion } from './conversion.ts'

const NOT_HERE: ReadonlyMap<string, string> = new Map([
  ['forward', 'there are no handlers inside the gateway to forward to'],
  ['stream', 'there is no message broker behind the gateway'],
  ['fn', 'there are no functions inside the gateway']
])

/** A route's `uri` as `upstream`: undefined where a filter answers (`no://op`), or where it has no equivalent. */
export function convertUri (uri: Tree, path: string, conversion: Conversion): Leaf | undefined {
  if (uri.kind !== 'leaf' || typeof uri.value !== 'string') return malformed(uri, path, conversion)
  const { value } = uri
  if (value.startsWith('${')) return uri
  const scheme = value.slice(0, Math.max(0, value.indexOf(':')))
  const missing = NOT_HERE.get(scheme)
  if (missing !== undefined) conversion.refuse(uri.span, path, `${scheme}: has no equivalent: ${missing}`)
  if (missing !== undefined || scheme === 'no') return undefined
  return scheme === 'lb' ? serviceOf(uri, value) : originOf(uri, value, path, conversion)
}

function malformed (uri: Tree, path: string, conversion: Conversion): undefined {
  conversion.refuse(uri.span, path, 'expected a URI such as http://orders:8080 or lb://orders', 'GW_CONFIG_INVALID')
  return undefined
}

const hasReference = (written: Leaf['written']): written is string => typeof written === 'string' && written.includes('${')

function serviceOf (uri: Leaf, value: string): Leaf {
  const name = (text: string) => text.replace(/^lb:(wss?:|https?:)?\/\//, '')
  return leaf(name(value), uri.span, hasReference(uri.written) ? name(uri.written) : name(value))
}

/** Spring takes scheme, host and port of a route's `uri` and leaves the rest unused; WebSocket upgrades go over http here. */
function originOf (uri: Leaf, value: string, path: string, conversion: Conversion): Leaf | undefined {
  const url = URL.parse(value.replace(/^ws/, 'http'))
  if (!url || !/^https?:$/.test(url.protocol)) return malformed(uri, path, conversion)
  const unused = url.href.replace(/\/$/, '') !== url.origin
  if (unused) conversion.warn(uri.span, path, 'of this URI Spring uses scheme, host and port alone, and so does the gateway')
  if (!hasReference(uri.written)) return leaf(url.origin, uri.span)
  const isKept = !unused && !value.startsWith('ws')
  const made = leaf(url.origin, uri.span, isKept ? uri.written : url.origin)
  if (!isKept) made.note = 'the value a reference had when this was imported'
  return made
}
