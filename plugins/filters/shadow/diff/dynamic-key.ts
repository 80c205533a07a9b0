import { jsonType, Members, type Json } from './json-tree.ts'
import { withoutPersonalData } from './personal-data.ts'
import { stringClass } from './string-class.ts'

/** With more members, all of one type, an object is a map; with as many as the second, it is one whatever they are. */
const [MAP, SURELY_MAP] = [20, 200]
/** So many records that have the same members are a map, too. */
const RECORDS = 4
const LONGEST_NAME = 64
/** Controls, halves of surrogate pairs and what else nobody names a member with; what paths, queries and forms are made of; a sentence. */
const ODD = /[\p{C}\p{Zl}\p{Zp}?&=]|^\/|\/.*\/|(?! )\p{Zs}|(?: .*){3}/u
/** Numbers of something, and the short ids that letters and digits are drawn for. */
const DRAWN = /(?:\d\D*){5}|\d[a-z]{1,3}\d/i

/** Whether the name of a member is a value itself (an id, an address, a date), so that a path with it would be one of thousands, or tell who somebody is. */
export function isDynamic (name: string, live: Members, other: Members): boolean {
  return isMap(live) || isMap(other) || saysSomething(name)
}
/** `shippingAddressLine2`: long, and no key of anybody's. */
const WORDS = /^(?=.*[a-z_-])[A-Za-z_$-]+\d{0,4}[A-Za-z_$-]*$/

/** Whether there are so many digits in a name that it is one of many. */
export const hasManyDigits = (name: string): boolean => DRAWN.test(name)

const saysSomething = (name: string): boolean =>
  name.length > LONGEST_NAME || hasManyDigits(name) || ODD.test(name) || stringClass(name) !== 'text' || (!WORDS.test(name) && withoutPersonalData(name) !== name)

/** Looked at once: an object may have thousands of differences in it. */
function isMap (members: Members): boolean {
  members.isMap ??= looksLikeMap(members)
  return members.isMap
}

function looksLikeMap ({ names, values }: Members): boolean {
  if (names.length < RECORDS) return false
  if (names.length <= MAP) return areRecords(values)
  const type = jsonType(values[0]!)
  return names.length > SURELY_MAP || values.every(value => jsonType(value) === type)
}

/** Objects with the same members, in the same order as one writer gives them: `{ "ann": { "points": 3 }, "bob": { "points": 4 }, ... }`. */
function areRecords ([first, ...others]: readonly Json[]): boolean {
  if (!(first instanceof Members) || first.names.length === 0) return false
  const { names } = first
  return others.every(other => other instanceof Members && other.names.length === names.length && other.names.every((name, i) => name === names[i]))
}
