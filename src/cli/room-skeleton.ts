export type RoomKind = 'filter' | 'predicate'

/** Where a room imports from: the package, or the sources that the CLI runs from. */
export interface Specifiers { readonly contract: string, readonly testing: string }

/** The files of a new room, by name: small enough to be read at once, whole enough to pass its test and to run. */
export const roomSkeleton = (kind: RoomKind, name: string, specifiers: Specifiers): Readonly<Record<string, string>> => ({
  'index.ts': (kind === 'filter' ? filterCode : predicateCode)(name, specifiers),
  'README.md': (kind === 'filter' ? filterReadme : predicateReadme)(name),
  [`${name}.test.ts`]: (kind === 'filter' ? filterTest : predicateTest)(name, specifiers)
})

const filterCode = (name: string, { contract }: Specifiers) => `import { Config, defineFilter, HeaderValue, template } from '${contract}'

export default defineFilter({
  name: '${name}',
  config: Config({
    value: HeaderValue({ default: 'yes', description: 'What the header says; \`{variable}\` is a captured variable.' })
  }),
  shorthand: 'value',

  // Called once for each route that uses the filter, when the route file is read: whatever can be made ready is made ready here.
  create: ({ value }) => {
    const text = template(value, '/value')
    // Called for each request. Other phases: dispatch (around the call), response, done, close.
    return { request: x => { x.headers.set('x-${name}', text(x)) } }
  }
})
`

const filterReadme = (name: string) => `# ${name}

Sets the request header \`X-${name}\`, so that upstream sees that the filter was here.

| key | meaning |
| --- | --- |
| \`value\` | what the header says, \`yes\` by default; \`{variable}\` is a captured variable |

\`\`\`yaml
${name}: "{id}"
\`\`\`
`

const filterTest = (name: string, { testing }: Specifiers) => `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mount } from '${testing}'
import room from './index.ts'

test('sets the header, whatever the client sent', async () => {
  const { x } = await mount(room).call({ headers: { 'x-${name}': 'forged' } })
  assert.deepEqual(x.headers.all('x-${name}'), ['yes'])
})

test('takes the text from its config', async () => {
  const { x } = await mount(room, 'blue').call()
  assert.equal(x.headers.get('x-${name}'), 'blue')
})

test('names the key that is wrong', () => {
  assert.throws(() => mount(room, { value: 'a\\r\\nb' }), /${name}\\/value/)
})
`

const predicateCode = (name: string, { contract }: Specifiers) => `import { Config, definePredicate, List, Type } from '${contract}'

export default definePredicate({
  name: '${name}',
  config: Config({
    values: List(Type.String({ minLength: 1 }), { description: 'What the header \`X-${name}\` may say.' })
  }),
  shorthand: 'values',

  // Called once for each route that uses the predicate, when the route file is read: whatever can be made ready is made ready here.
  create: ({ values }) => {
    const wanted = new Set(values)
    // Called for each request that comes this far.
    return { match: x => x.headers.all('x-${name}').some(value => wanted.has(value)) }
  }
})
`

const predicateReadme = (name: string) => `# ${name}

Holds for requests whose header \`X-${name}\` says one of the values.

| key | meaning |
| --- | --- |
| \`values\` | what the header may say |

\`\`\`yaml
${name}: [blue, green]
\`\`\`
`

const predicateTest = (name: string, { testing }: Specifiers) => `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mount } from '${testing}'
import room from './index.ts'

test('holds for one of the values', async () => {
  const { match } = mount(room, ['blue', 'green'])
  assert.equal(await match({ headers: { 'x-${name}': 'green' } }), true)
})

test('does not hold for another value, or without the header', async () => {
  const { match } = mount(room, 'blue')
  assert.equal(await match({ headers: { 'x-${name}': 'red' } }), false)
  assert.equal(await match(), false)
})

test('names the key that is missing', () => {
  assert.throws(() => mount(room, {}), /"values" is missing/)
})
`
