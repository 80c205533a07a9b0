import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import { shellWords } from '../../../../src/cli/explain/shell-words.ts'

t.test('splits at white space', async t => {
  t.same(shellWords('  curl   -i\thttp://a/b\n'), ['curl', '-i', 'http://a/b'])
  t.same(shellWords(''), [])
})

t.test('takes quotes as a shell does', async t => {
  t.same(shellWords('-H \'X: a b\' -H "Y: \\"q\\" \\n $HOME" a\'b\'"c"d \'\''), ['-H', 'X: a b', '-H', 'Y: "q" \\n $HOME', 'abcd', ''])
  t.same(shellWords(String.raw`a\ b \'c it\'s`), ['a b', "'c", "it's"])
})

t.test('joins lines that end in a backslash', async t => {
  t.same(shellWords('curl \\\n  -H "a\\\nb" \\\nhttp://a'), ['curl', '-H', 'ab', 'http://a'])
})

t.test('knows the quotes that browsers copy with', async t => {
  t.same(shellWords(String.raw`$'it\'s \u0021\x41\101\t\\ \n' $x`), ["it's !AA\t\\ \n", '$x'])
})

t.test('leaves what a shell would expand, or take for an operator', async t => {
  t.same(shellWords('http://a/?b=1&c=* ~ `x` #y'), ['http://a/?b=1&c=*', '~', '`x`', '#y'])
})

t.test('refuses a quote that never ends', async t => {
  for (const text of ["curl 'a", 'curl "a', String.raw`curl $'a\'`, 'curl \\']) t.throws(() => shellWords(text), { name: 'UsageError', message: /never ends/ })
})

t.test('agrees with sh', async t => {
  const piece = fc.constantFrom("'", '"', '\\', ' ', 'a', 'b', '\n', '=', '/')
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join('')), text => {
    let words: string[]
    try {
      words = shellWords(text)
    } catch {
      return
    }
    // A line end that is not quoted would end the command.
    if (/\n/.test(text)) return
    const out = execFileSync('sh', ['-c', `printf '%s\\0' x ${text}`], { encoding: 'utf8' })
    t.same(words, out.split('\0').slice(1, -1), JSON.stringify(text))
  }), { numRuns: 100 })
})
