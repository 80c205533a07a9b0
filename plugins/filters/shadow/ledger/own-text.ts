/** The longest path that is told apart. */
export const LONGEST_PATH = 256

/** No longer than so many characters, and nothing else is held by it: a piece of a text keeps the whole of it, which may be a body of a megabyte. */
export function cut (text: string, most = LONGEST_PATH): string {
  return ` ${shortened(text, most)}`.slice(1)
}

/** The same, for a look only. */
export const shortened = (text: string, most = LONGEST_PATH): string => text.length > most ? `${text.slice(0, most - 1)}…` : text
