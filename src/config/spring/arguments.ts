import type { Conversion } from './conversion.ts'
import { canonical, Section } from './relaxed-section.ts'
import type { Span, Tree } from '../tree.ts'

/** The arguments of a use as texts, as Spring's binder sees them, once with references resolved and once as written. */
export interface Arguments {
  readonly values: Readonly<Record<string, string | string[]>>
  readonly written: Readonly<Record<string, string | string[]>>
  /** Where each stands. */
  readonly spans: Readonly<Record<string, Span>>
}

/** A use as it is written: positional arguments have no name yet. */
export interface SpringUse {
  readonly name: string
  readonly positional: readonly Given[]
  readonly named: ReadonlyMap<string, Given>
}
interface Given { readonly value: string | string[], readonly written: string | string[], readonly span: Span }

/** Reads `Name=a,b` or `name` and `args`. Null, and a fault, where it is neither. */
export function readUse (item: Tree, path: string, conversion: Conversion): SpringUse | null {
  if (item.kind === 'leaf' && typeof item.value === 'string' && typeof item.written === 'string') return shortcut(item.value, item.written, item.span)
  if (item.kind === 'map') return expanded(item, path, conversion)
  conversion.refuse(item.span, path, 'expected Name=arguments, or a map with name and args', 'GW_CONFIG_INVALID')
  return null
}

function shortcut (value: string, written: string, span: Span): SpringUse {
  const values = tokens(value)
  const texts = tokens(written)
  const sameShape = values.length === texts.length
  return {
    name: value.split('=', 1)[0]!.trim(),
    positional: values.map((one, i) => ({ value: one, written: sameShape ? texts[i]! : one, span })),
    named: new Map()
  }
}

/** Behind the first `=`: parts between commas, trimmed, empty ones left out, as Spring takes them. */
const tokens = (text: string): string[] =>
  text.includes('=') ? text.slice(text.indexOf('=') + 1).split(',').map(part => part.trim()).filter(part => part !== '') : []

function expanded (item: Tree & { kind: 'map' }, path: string, conversion: Conversion): SpringUse | null {
  const section = new Section(item, path)
  const name = section.take('name')?.value
  const args = section.take('args')?.value
  for (const left of section.left()) conversion.refuse(left.key, left.path, 'a use has a name and args, and nothing else')
  if (name?.kind !== 'leaf' || typeof name.value !== 'string') {
    conversion.refuse(item.span, path, 'expected Name=arguments, or a map with name and args', 'GW_CONFIG_INVALID')
    return null
  }
  const given = new Map<string, Given>()
  if (args && !isNothing(args)) flatten(args, '', given, path, conversion)
  const isPositional = ([key]: readonly [string, Given]) => key.startsWith('_genkey_')
  return {
    name: name.value,
    positional: [...given].filter(isPositional).map(([, one]) => one),
    named: new Map([...given].filter(one => !isPositional(one)))
  }
}

const isNothing = (tree: Tree): boolean => tree.kind === 'leaf' && tree.value === null

/** Nested maps as dotted names, `patterns.0` and `patterns[0]` as the lists they are. */
function flatten (tree: Tree, name: string, given: Map<string, Given>, path: string, conversion: Conversion): void {
  if (tree.kind === 'map') {
    for (const [key, entry] of tree.entries) flatten(entry.value, name ? `${name}.${key}` : key, given, path, conversion)
    return
  }
  const found = texts(tree)
  if (name === '' || found === null) return conversion.refuse(tree.span, `${path}.args${name && `.${name}`}`, 'expected texts by name', 'GW_CONFIG_INVALID')
  const [, plain] = /^(.+)(?:\.\d+|\[\d+\])$/.exec(name) ?? []
  if (plain === undefined) given.set(name, found)
  else given.set(plain, append(given.get(plain), found))
}

const append = (list: Given | undefined, next: Given): Given =>
  ({ value: [list?.value ?? [], next.value].flat(2), written: [list?.written ?? [], next.written].flat(2), span: list?.span ?? next.span })

function texts (tree: Tree): Given | null {
  if (tree.kind === 'leaf') return { value: text(tree.value), written: text(tree.written), span: tree.span }
  if (tree.kind === 'map') return null
  const leaves = tree.items.filter(item => item.kind === 'leaf')
  if (leaves.length < tree.items.length) return null
  return { value: leaves.map(leaf => text(leaf.value)), written: leaves.map(leaf => text(leaf.written)), span: tree.span }
}

const text = (value: unknown): string => value === null ? '' : String(value)

/** Gives every argument the name that Spring knows it by. Null, and a fault, where there are more than it takes. */
export function nameArguments (use: SpringUse, names: readonly string[], span: Span, path: string, conversion: Conversion): Arguments | null {
  const gathers = names.find(name => name.startsWith('...'))?.slice(3)
  const single = names.filter(name => !name.startsWith('...'))
  const extra = use.positional.slice(single.length)
  if (extra.length > 0 && gathers === undefined) {
    conversion.refuse(span, path, `${use.name} takes ${single.length === 0 ? 'no arguments' : `at most ${single.join(', ')}`}; a comma in a value needs the form with name and args`)
    return null
  }
  const found = new Map<string, Given>(use.positional.slice(0, single.length).map((one, i) => [single[i]!, one]))
  if (gathers !== undefined && extra.length > 0) found.set(gathers, extra.reduce(append, { value: [], written: [], span }))
  for (const [key, one] of use.named) {
    const known = knownName(key, names)
    found.set(known, known === gathers ? listed(one) : one)
  }
  return { values: pick(found, 'value'), written: pick(found, 'written'), spans: Object.fromEntries([...found].map(([key, one]) => [key, one.span])) }
}

/** The argument's own spelling of a name, whatever the file's is. */
const knownName = (key: string, names: readonly string[]): string =>
  names.map(name => name.replace(/^\.\.\./, '')).find(name => canonical(name) === canonical(key)) ?? camel(key)

const camel = (key: string): string => key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Spring's binder makes a list of a text at its commas. */
const listed = (one: Given): Given => ({ value: split(one.value), written: split(one.written), span: one.span })
const split = (given: string | string[]): string[] => Array.isArray(given) ? given : given.split(',').map(part => part.trim())

const pick = (found: ReadonlyMap<string, Given>, of: 'value' | 'written'): Record<string, string | string[]> =>
  Object.fromEntries([...found].map(([key, one]) => [key, one[of]]))
