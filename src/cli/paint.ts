import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow'

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** The paint for a stream: none where it is no terminal. */
export const paintFor = (colours: boolean): Paint =>
  colours ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text
