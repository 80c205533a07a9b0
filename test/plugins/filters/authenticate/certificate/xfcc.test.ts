import fc from 'fast-check'
import t from 'tap'
import { parseXfcc } from '../../../../../plugins/filters/authenticate/certificate/xfcc.ts'

const HASH = '468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688'

t.test('reads an element as Envoy writes it', async t => {
  const line = `By=spiffe://a.test/gw;Hash=${HASH};Cert="-----BEGIN%20CERTIFICATE-----%0AMII%3D";Chain="x";Subject="CN=web,O=\\"Ex, Inc\\"";URI=spiffe://a.test/web;DNS=a.test;DNS=b.test`
  t.same(parseXfcc([line]), [{ hash: HASH, cert: '-----BEGIN%20CERTIFICATE-----%0AMII%3D', subject: 'CN=web,O="Ex, Inc"', uris: ['spiffe://a.test/web'], dnsNames: ['a.test', 'b.test'] }])
})

t.test('keeps the elements in order, over lines and within them', async t => {
  t.same(parseXfcc(['URI=a,URI=b', 'URI=c, URI="d"'])?.map(element => element.uris), [['a'], ['b'], ['c'], ['d']])
})

t.test('knows keys in any case and skips those it does not know', async t => {
  t.match(parseXfcc([`hash=${HASH};SUBJECT="CN=a";uri=x;By=1;By=2;Later=y`]), [{ hash: HASH, subject: 'CN=a', uris: ['x'] }])
})

t.test('takes an empty value for none', async t => {
  t.same(parseXfcc(['Hash=;Subject="";URI=;DNS=']), [{ hash: '', cert: '', subject: '', uris: [], dnsNames: [] }])
})

t.test('unquotes escaped quotes and leaves other backslashes to the name they are part of', async t => {
  t.match(parseXfcc(['Subject="CN=a\\\\,O=b\\"c\\,d"']), [{ subject: 'CN=a\\\\,O=b"c\\,d' }])
  t.match(parseXfcc(['Subject="CN=\\\\";URI=x']), [{ subject: 'CN=\\\\', uris: ['x'] }])
})

t.test('does not find elements within a quoted value', async t => {
  const elements = parseXfcc([`Subject="CN=x,URI=spiffe://a.test/admin;Hash=${HASH}";URI=spiffe://a.test/web`])
  t.same(elements?.map(element => [element.hash, element.uris]), [['', ['spiffe://a.test/web']]])
})

t.test('finds no element where there is no header', async t => {
  t.same(parseXfcc([]), [])
})

const malformed = {
  'nothing at all': [''],
  'no key': ['abc'],
  'an empty key': ['=a'],
  'an odd key': ['U-RI=a'],
  'space before the value': ['URI= a'],
  'space within a value': ['URI=a b'],
  'a bare equals sign': ['URI=a=b'],
  'a quote within a bare value': ['URI=a"b"'],
  'a quote that does not end': ['Subject="a'],
  'a quote that is escaped at the end': ['Subject="a\\"'],
  'text behind a quote': ['Subject="a"b'],
  'a semicolon at the end': ['URI=a;'],
  'a comma at the end': ['URI=a,'],
  'an empty element': ['URI=a,,URI=b'],
  'an empty pair': ['URI=a;;DNS=b'],
  'two hashes': [`Hash=${HASH};Hash=${HASH}`],
  'two hashes in two spellings': [`Hash=${HASH};HASH=${HASH}`],
  'two subjects': ['Subject="a";Subject="b"'],
  'a quote over two lines': ['Subject="a', 'b"'],
  'one bad line of two': ['URI=a', 'URI']
}
for (const [what, lines] of Object.entries(malformed)) {
  t.test(`refuses ${what}`, async t => { t.equal(parseXfcc(lines), null) })
}

t.test('refuses more than 32 elements', async t => {
  t.equal(parseXfcc([Array(32).fill('URI=a').join(',')])?.length, 32)
  t.equal(parseXfcc([Array(33).fill('URI=a').join(',')]), null)
})

t.test('refuses more than 16 KiB, over all lines', async t => {
  const line = (bytes: number) => `URI=${'a'.repeat(bytes - 4)}`
  t.equal(parseXfcc([line(8192), line(8192)])?.length, 2)
  t.equal(parseXfcc([line(8192), line(8193)]), null)
})

t.test('reads every value that was quoted as Envoy documents', async t => {
  // A backslash belongs to the name it is in and escapes what follows there (RFC 4514 2.4)
  const text = fc.array(fc.constantFrom('a', ',', ';', '=', '"', ' ', '\\\\', '\\,', 'ö', '%'), { maxLength: 40 }).map(parts => parts.join(''))
  fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 32 }), subjects => {
    const line = subjects.map(subject => `Hash=1;Subject="${subject.replaceAll('"', '\\"')}"`).join(',')
    t.strictSame(parseXfcc([line])?.map(element => element.subject), subjects)
  }), { numRuns: 50 })
})
