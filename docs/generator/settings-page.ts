import { RouteFileSchema, RouteSchema, TargetSchema } from '../../src/config/route-file-schema.ts'
import { IssuerSchema, KeyRingSchema } from '../../src/contract/issuers.ts'
import { RouteTestSchema, UpstreamSchema } from '../../src/contract/route-file.ts'
import { SettingsSchema } from '../../src/contract/settings.ts'
import { keyRows } from './key-rows.ts'
import { generated, keyTable } from './markdown.ts'

/** Parts of a route file that have a table of their own. */
const SECTIONS: readonly (readonly [title: string, lead: string, schema: object])[] = [
  ['gateway', 'What belongs to the process and not to a route. One file of a configuration may have it. All but `forwarded` and `via` takes effect at the next start.', SettingsSchema],
  ['upstreams', 'Under `upstreams:`, a map of these by name.', UpstreamSchema],
  ['issuers', 'Under `issuers:`, a map of these by name: who may vouch for callers ([guide](../authentication.md#issuers)).', IssuerSchema],
  ['keyRings', 'Under `keyRings:`, a map of these by name, or of the text of a ring alone ([guide](../authentication.md#keys-of-the-gateway)).', KeyRingSchema.anyOf[1]],
  ['routes', 'Under `routes:`, a list of these. See [predicates](predicates.md) and [filters](filters.md) for what their lists hold.', RouteSchema],
  ['routes[].upstream', 'One of several places; a bare name or origin is `to` with the weight 1.', TargetSchema],
  ['routes[].tests', 'A list of these. `gatehouse test` goes through them without sending anything.', RouteTestSchema]
]

/** The reference page of everything in a route file that is no room. */
export function settingsPage (): string {
  const top = keyRows({ ...RouteFileSchema, properties: withoutInside(RouteFileSchema.properties) })
  const parts = SECTIONS.map(([title, lead, schema]) => `## ${title}\n\n${lead}\n\n${keyTable(keyRows(schema).filter(row => !isApart(title, row.key)))}`)
  return [
    generated('Settings', 'Every key of a route file beside those of predicates and filters. Sizes, durations and rates are written with their units ([the route file](../route-file.md)).'),
    `## The file\n\n${keyTable(top)}`, ...parts
  ].join('\n\n') + '\n'
}

/** The keys of the file itself: what is inside them has its own table. */
function withoutInside (properties: Readonly<Record<string, object>>): Record<string, object> {
  return Object.fromEntries(Object.entries(properties).map(([key, shape]) =>
    [key, 'properties' in shape ? { ...shape, properties: {} } : shape]))
}

const isApart = (title: string, key: string): boolean => title === 'routes' && key.startsWith('tests[]')
