import { readFileSync } from 'node:fs'
import t from 'tap'
import { filters, predicates } from '../../plugins/index.ts'
import { routeFileSchema } from '../../src/config/json-schema.ts'
import { roomsOf } from '../../src/plan/compile-room.ts'

t.test('the schema for editors is what `npm run schema` makes', async t => {
  const shipped = readFileSync(new URL('../../schema/routes.schema.json', import.meta.url), 'utf8')
  t.ok(shipped === `${JSON.stringify(routeFileSchema(roomsOf(filters, predicates)), null, 2)}\n`)
})
