import { hasManyDigits } from './dynamic-key.ts'
import { withoutPersonalData } from './personal-data.ts'

/** What a header may say in a sample: its own words. All else is somebody's, and only its length is shown. */
type Words = (part: string) => boolean

/** RFC 6838 3: what services are written to answer with, but no personal tree. */
const MEDIA_TYPE = /^(?:application|audio|font|image|message|model|multipart|text|video)\/(?!prs\.)[a-z0-9][a-z0-9.+-]{0,60}$/
const CHARSET = /^charset="?(?:utf-8|utf-16|us-ascii|iso-8859-\d{1,2}|windows-125\d|shift_jis|euc-jp|gb18030|gbk|big5|koi8-r)"?$/
const CODING = /^(?:x-)?(?:gzip|compress)$|^(?:br|zstd|deflate|identity|dcb|dcz|aes128gcm|exi)$/
/** RFC 9111 5.2, RFC 5861, RFC 8246. */
const DIRECTIVE = /^(?:no-cache|no-store|no-transform|must-revalidate|must-understand|proxy-revalidate|private|public|immutable|(?:max-age|s-maxage|stale-while-revalidate|stale-if-error)="?\d{1,10}"?)$/
/** RFC 5646 2.1: language, script, region. */
const LANGUAGE = /^[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?$/
/** Fields of requests, by RFC 9110, Fetch, and the client hints. */
const FIELD = /^(?:\*|accept(?:-encoding|-language|-charset|-ch)?|authorization|cookie|origin|host|range|user-agent|referer|forwarded|prefer|dnt|save-data|access-control-request-(?:headers|method)|sec-ch-[a-z-]{1,30}|sec-fetch-[a-z]{1,8}|x-forwarded-[a-z]{1,8}|x-requested-with|upgrade-insecure-requests)$/

const WORDS: Readonly<Record<string, readonly [separator: ',' | ';', isWord: Words]>> = {
  'content-type': [';', part => isMediaType(part) || CHARSET.test(part)],
  'content-encoding': [',', part => isCoding(part)],
  'content-language': [',', part => LANGUAGE.test(part)],
  'cache-control': [',', part => DIRECTIVE.test(part)],
  vary: [',', part => FIELD.test(part)]
}

/** Whatever is longer, and whatever has more parts, has none that is looked at. */
const LONGEST = 256

const isMediaType = (text: string): boolean => MEDIA_TYPE.test(text) && withoutPersonalData(text) === text && !hasManyDigits(text)

/** Whether it is the name of a content coding, and so nothing that somebody has made up. */
export const isCoding = (text: string): boolean => CODING.test(text)

/** The value of a header as samples show it: known words as they are, `string(12)` in place of others, of the whole where the header is another. */
export function shownHeader (name: string, value: string): string {
  const words = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined
  if (words === undefined || value.length > LONGEST) return hidden(value)
  const [separator, isWord] = words
  const parts = value.split(separator).map(part => part.trim())
  const shown = parts.map(part => isWord(part.toLowerCase()) ? part : hidden(part))
  return shown.every((part, i) => part !== parts[i]) ? hidden(value) : shown.join(`${separator} `)
}

/** A media type, which may be one that nobody has registered. */
export const shownMediaType = (type: string): string => isMediaType(type) ? type : hidden(type)

const hidden = (text: string): string => `string(${text.length})`
