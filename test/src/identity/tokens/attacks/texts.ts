import { base64url, CLAIMS, token, withHeader, type Attack } from './lab.ts'

const good = (): string => token()
const parts = (): [string, string, string] => good().split('.') as [string, string, string]
const text = (name: string, make: () => string, reason: Attack['reason'] = 'malformed'): Attack => ({ name, token: make, reason })
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** The same bytes with other bits left over (RFC 4648 3.5). */
const loose = (part: string): string => part.slice(0, -1) + ALPHABET[ALPHABET.indexOf(part.at(-1)!) + 1]!
/** A header or claims whose length leaves bits over. */
const PADDED = { alg: 'RS256', kid: 'rsa', typ: 'at+jwt' }
const uneven = (object: Record<string, unknown>): object => [0, 1, 2].map(n => ({ ...object, pad: 'x'.repeat(n) })).find(each => JSON.stringify(each).length % 3 === 1)!

const replaced = (index: number, make: (part: string) => string) => () => {
  const made = token({ header: uneven(PADDED), claims: uneven(CLAIMS) }).split('.')
  made[index] = make(made[index]!)
  return made.join('.')
}

/** Texts that are no compact JWS, or not written as the one way there is (RFC 7515 2, 7.1). */
export const TEXTS: readonly Attack[] = [
  text('nothing', () => ''),
  text('a space', () => ' '),
  text('one part', () => 'abc'),
  text('two parts', () => parts().slice(0, 2).join('.')),
  text('two parts and a dot', () => `${parts().slice(0, 2).join('.')}.`, 'signature'),
  text('four parts', () => `${good()}.x`),
  text('a dot behind', () => `${good()}.`),
  text('a dot before', () => `.${good()}`),
  text('two dots', () => '..'),
  text('6000 dots', () => '.'.repeat(6000)),
  text('five parts: a JWE', () => `${base64url({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a2V5.aXY.Y2lwaGVy.dGFn`),
  text('five parts: dir and an empty key', () => `${base64url({ alg: 'dir', enc: 'A256GCM' })}..aXY.Y2lwaGVy.dGFn`),
  text('six parts', () => `${good()}.x.y.z`),
  text('an empty header', () => `.${parts().slice(1).join('.')}`),
  text('empty claims', () => `${parts()[0]}..${parts()[2]}`),
  text('flattened JSON serialization', () => { const [p, payload, signature] = parts(); return JSON.stringify({ protected: p, payload, signature }) }),
  text('general JSON serialization', () => { const [p, payload, signature] = parts(); return JSON.stringify({ payload, signatures: [{ protected: p, signature }] }) }),
  text('a space before', () => ` ${good()}`),
  text('a space behind', () => `${good()} `),
  text('a line end behind', () => `${good()}\n`),
  text('CRLF behind', () => `${good()}\r\n`),
  text('a tab inside', () => good().replace('.', '\t.')),
  text('a line end inside', () => `${good().slice(0, 20)}\n${good().slice(20)}`),
  text('NUL behind', () => `${good()}\0`),
  text('NUL inside', () => good().replace('.', '.\0')),
  text('the scheme again', () => `Bearer ${good()}`),
  text('in quotes', () => `"${good()}"`),
  text('twice, with a comma', () => `${good()},${good()}`),
  text('twice, with a space', () => `${good()} ${good()}`),
  text('percent-encoded dots', () => good().replaceAll('.', '%2e')),
  text('a byte order mark before', () => `\ufeff${good()}`),
  text('a letter of another script', () => good().replace('e', 'е')),
  text('full-width dots', () => good().replaceAll('.', '．')),
  text('a soft hyphen inside', () => `${good().slice(0, 9)}\xad${good().slice(9)}`),
  text('half a surrogate pair inside', () => `${good().slice(0, 9)}\ud800${good().slice(9)}`),
  text('UTF-8 read as Latin-1', () => `${good()}Ã©`),
  text('padding behind the header', replaced(0, part => `${part}==`)),
  text('padding behind the claims', replaced(1, part => `${part}==`)),
  text('padding behind the signature', replaced(2, part => `${part}==`)),
  text('bits left over in the header', replaced(0, loose)),
  text('bits left over in the claims', replaced(1, loose)),
  text('bits left over in the signature', replaced(2, loose)),
  text('a lone character behind the signature', replaced(2, part => `${part}AAA`), 'malformed'),
  text('the alphabet of plain base64', () => withHeader({ x: '???>>>' }).replaceAll('-', '+').replaceAll('_', '/')),
  text('8193 characters', () => { const made = token({ claims: { ...CLAIMS, pad: 'x'.repeat(8000) } }); return made.slice(0, 8193) }, 'too-large'),
  text('a signed token of 9 KiB', () => token({ claims: { ...CLAIMS, pad: 'x'.repeat(6600) } }), 'too-large'),
  text('1 MiB', () => 'a'.repeat(1024 * 1024), 'too-large'),
  text('1 MiB of dots', () => '.'.repeat(1024 * 1024), 'too-large')
]
