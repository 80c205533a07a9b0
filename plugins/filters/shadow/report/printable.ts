/** C0 and C1 controls, line separators, and what turns the direction of text: in what upstreams sent, they would drive the operator's terminal. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g // eslint-disable-line no-control-regex

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** One line of no more than `width` characters that only prints. */
export function printable (text: string, width = Infinity): string {
  const line = text.slice(0, Math.min(width * 2, text.length)).replace(UNPRINTABLE, escaped)
  const characters = [...line]
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : line
}

/** JSON that reads back as what it was and, in a terminal, only prints. */
export const printableJson = (value: unknown): string => `${JSON.stringify(value, null, 2).replace(UNPRINTABLE, character => character === '\n' ? character : escaped(character))}\n`
