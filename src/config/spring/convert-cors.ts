import type { Span, Tree } from '../tree.ts'
import type { Arguments } from './arguments.ts'
import type { Conversion } from './conversion.ts'
import { springFilter, useOf } from './convert-use.ts'

/** The name under which a room says that it takes Spring's CorsConfiguration: `metadata.cors` and `globalcors`. */
const CORS = 'Cors'

/** A filter that does what a CorsConfiguration says. Null, and a fault, where there is none or it cannot say it. */
export function convertCors (configuration: Tree, path: string, conversion: Conversion): Tree | null {
  const room = springFilter(CORS, conversion)
  if (!room || configuration.kind !== 'map') {
    conversion.refuse(configuration.span, path, room ? 'expected a map with allowed-origins and the like' : 'CORS has no equivalent: there is no filter for it', room ? 'GW_CONFIG_INVALID' : undefined)
    return null
  }
  const args = argumentsOf(configuration)
  return args && useOf(room, args, configuration.span, path, conversion)
}

/** What the filter of every route is named that a route's own CORS takes the place of. */
export const corsName = (conversion: Conversion): string | undefined => springFilter(CORS, conversion)?.name

function argumentsOf (configuration: Tree & { kind: 'map' }): Arguments {
  const values: Record<string, string | string[]> = {}
  const written: Record<string, string | string[]> = {}
  const spans: Record<string, Span> = {}
  for (const [key, { value }] of configuration.entries) {
    const name = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const leaves = value.kind === 'list' ? value.items : [value]
    const texts = leaves.flatMap(item => item.kind === 'leaf' ? [[String(item.value), String(item.written)] as const] : [])
    const isOne = value.kind === 'leaf'
    values[name] = isOne ? texts[0]![0] : texts.map(([text]) => text)
    written[name] = isOne ? texts[0]![1] : texts.map(([, text]) => text)
    spans[name] = value.span
  }
  return { values, written, spans }
}
