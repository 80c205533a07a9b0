import { ConfigError } from '../contract/config-error.ts'
import { escapePointer } from '../contract/validate.ts'
import { placeOf, type Source } from './source.ts'
import type { Branch, Entry, List, Tree } from './tree.ts'

type Where = Pick<Source, 'file' | 'lines'>

/**
 * Makes the documents of a native file one: lists go on, maps are united, anything else said twice is a fault that names
 * both places.
 */
export function uniteDocuments (documents: readonly Branch[], where: Where, faults: ConfigError[]): Branch {
  return documents.reduce((all, next) => unite(all, next, where, faults, ''))
}

function unite (first: Branch, second: Branch, where: Where, faults: ConfigError[], pointer: string): Branch {
  const entries = new Map(first.entries)
  for (const [key, entry] of second.entries) {
    const earlier = entries.get(key)
    const at = `${pointer}/${escapePointer(key)}`
    if (!earlier) entries.set(key, entry)
    else if (pointer === '' && isUnited(key, earlier.value, entry.value)) entries.set(key, { key: earlier.key, value: united(earlier.value, entry.value, where, faults, at) })
    else faults.push(twice(key, at, earlier, entry, where))
  }
  return { ...first, entries }
}

/** `gateway` is one thing; `version` may be said again. */
const isUnited = (key: string, a: Tree, b: Tree): boolean =>
  key === 'version' ? a.kind === 'leaf' && b.kind === 'leaf' && a.value === b.value : key !== 'gateway' && a.kind === b.kind && a.kind !== 'leaf'

function united (a: Tree, b: Tree, where: Where, faults: ConfigError[], pointer: string): Tree {
  if (a.kind === 'list' && b.kind === 'list') return { ...a, items: [...a.items, ...b.items] } satisfies List
  return a.kind === 'map' && b.kind === 'map' ? unite(a, b, where, faults, pointer) : a
}

function twice (key: string, pointer: string, first: Entry, second: Entry, where: Where): ConfigError {
  const detail = `"${key}" is here and at ${placeOf(where, first.key)}`
  return new ConfigError('GW_CONFIG_DUPLICATE', pointer, detail, where.file, placeOf(where, second.key))
}

/** Makes the documents of a Spring file one, as Spring does: what a later one says counts, lists as a whole. */
export function overlayDocuments (documents: readonly Branch[]): Branch {
  return documents.reduce(overlay)
}

function overlay (first: Branch, second: Branch): Branch {
  const entries = new Map(first.entries)
  for (const [key, entry] of second.entries) {
    const earlier = entries.get(key)?.value
    const value = earlier?.kind === 'map' && entry.value.kind === 'map' ? overlay(earlier, entry.value) : entry.value
    entries.set(key, { key: entry.key, value })
  }
  return { ...first, entries }
}
