import fc from 'fast-check'
import t from 'tap'
import { HeaderList } from '../../../src/contract/header-list.ts'

const list = () => HeaderList.from({ accept: 'a/b', 'X-Tenant': ['one', 'two'], cookie: ['a=1', 'b=2'] })

t.test('keeps every line of a repeated field, in order', async t => {
  t.same(list().flat, ['accept', 'a/b', 'x-tenant', 'one', 'x-tenant', 'two', 'cookie', 'a=1', 'cookie', 'b=2'])
  t.same(list().all('x-tenant'), ['one', 'two'])
  t.same(list().all('absent'), [])
})

t.test('joins the lines of a field: commas, semicolons for cookies', async t => {
  t.equal(list().get('x-tenant'), 'one, two')
  t.equal(list().get('cookie'), 'a=1; b=2')
  t.equal(list().get('accept'), 'a/b')
  t.equal(list().get('absent'), undefined)
})

t.test('gives the first line, and tells an empty field from an absent one', async t => {
  t.equal(list().first('x-tenant'), 'one')
  t.equal(list().first('absent'), undefined)
  t.equal(list().has('accept'), true)
  t.equal(list().has('absent'), false)
  t.equal(HeaderList.from({ empty: '' }).has('empty'), true)
  t.equal(HeaderList.from({ empty: ['', 'a'] }).get('empty'), ', a')
})

t.test('does not take a value for a name', async t => {
  const headers = HeaderList.from({ a: 'b', c: 'd' })
  t.equal(headers.has('b'), false)
  t.equal(headers.delete('d'), false)
  t.same(headers.names(), ['a', 'c'])
})

t.test('sets one value at the place of the first and removes the others', async t => {
  const headers = list()
  headers.set('X-TENANT', 'acme')
  t.same(headers.flat, ['accept', 'a/b', 'x-tenant', 'acme', 'cookie', 'a=1', 'cookie', 'b=2'])
  headers.set('new', 'c')
  t.equal(headers.get('new'), 'c')
})

t.test('appends beside what is there', async t => {
  const headers = list()
  headers.append('Accept', 'c/d')
  t.same(headers.all('accept'), ['a/b', 'c/d'])
})

t.test('deletes every line of a field in any case and says whether there was one', async t => {
  const headers = list()
  t.equal(headers.delete('X-Tenant'), true)
  t.equal(headers.delete('x-tenant'), false)
  t.same(headers.flat, ['accept', 'a/b', 'cookie', 'a=1', 'cookie', 'b=2'])
})

t.test('iterates over lines, and names each field once', async t => {
  t.same([...list()], [['accept', 'a/b'], ['x-tenant', 'one'], ['x-tenant', 'two'], ['cookie', 'a=1'], ['cookie', 'b=2']])
  t.same(list().names(), ['accept', 'x-tenant', 'cookie'])
  t.same([...new HeaderList()], [])
})

t.test('refuses values that would end the line or that are no bytes, and changes nothing then', async t => {
  for (const value of ['a\r\nb: c', 'a\nb', 'a\rb', 'a\0b', '\x7f', '\u0100', '€', '\u{1f600}']) {
    const headers = list()
    t.throws(() => { headers.set('accept', value) }, TypeError, JSON.stringify(value))
    t.throws(() => { headers.append('accept', value) }, TypeError, JSON.stringify(value))
    t.throws(() => HeaderList.from({ a: ['b', value] }), TypeError, JSON.stringify(value))
    t.same(headers.flat, list().flat)
  }
})

t.test('does not show the value it refuses', async t => {
  t.throws(() => { list().set('authorization', 'secret\n') }, { message: 'not a value for the header authorization' })
})

t.test('takes tabs, spaces and bytes above ASCII', async t => {
  const headers = new HeaderList()
  for (const value of ['', 'a\tb c', '\x80\xff', '!~']) {
    headers.set('a', value)
    t.equal(headers.get('a'), value)
  }
})

t.test('refuses names that are no tokens, also those that lower case would make one', async t => {
  for (const name of ['', 'a b', 'a:', 'a\n', 'é', '\u212a-a', '(a)']) {
    t.throws(() => { new HeaderList().set(name, 'a') }, TypeError, JSON.stringify(name))
    t.throws(() => { new HeaderList().append(name, 'a') }, TypeError, JSON.stringify(name))
  }
})

t.test('does as a plain list of lines does, whatever is done in whatever order', async () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const step = fc.oneof(
    fc.record({ does: fc.constantFrom('set' as const, 'append' as const), name, value: fc.constantFrom('a', '1', '') }),
    fc.record({ does: fc.constant('delete' as const), name, value: fc.constant('') })
  )
  fc.assert(fc.property(fc.array(step, { maxLength: 12 }), steps => {
    const headers = new HeaderList()
    let model: [string, string][] = []
    for (const { does, name, value } of steps) {
      headers[does](name, value)
      const at = model.findIndex(line => line[0] === name)
      if (does === 'append' || (does === 'set' && at < 0)) model.push([name, value])
      else if (does === 'delete') model = model.filter(line => line[0] !== name)
      else model = model.map((line, i): [string, string] => i === at ? [name, value] : line).filter((line, i) => line[0] !== name || i === at)
    }
    return JSON.stringify([...headers]) === JSON.stringify(model)
  }), { seed: 7, numRuns: 500 })
})

t.test('puts a value that is known to be one in place of all there were', async t => {
  const list = new HeaderList(['x-a', '1', 'x-b', '2', 'x-a', '3'])
  list.put('x-a', 'eyJ')
  list.put('x-c', 'eyK')
  t.same(list.flat, ['x-a', 'eyJ', 'x-b', '2', 'x-c', 'eyK'])
})
