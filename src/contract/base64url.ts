/**
 * The bytes that a text of base64url stands for, as RFC 7515 2 has it: no padding, no white space, no other alphabet, and no bits left over that could be
 * anything (RFC 4648 3.5), so that nothing has a second spelling; null for other text. Buffer reads all of those; what it would write is another text then.
 */
export function base64urlBytes (text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}
