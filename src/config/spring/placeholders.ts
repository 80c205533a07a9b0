import { variable } from '../interpolate.ts'
import { formatReferences, parseReferences, ReferenceFault, SPRING, type Part, type Reference } from '../references.ts'
import { coreScalar } from '../core-scalar.ts'
import type { Leaf, Tree } from '../tree.ts'
import type { Conversion } from './conversion.ts'
import { Section } from './relaxed-section.ts'

/** What a text is worth, and how a native file says the same. */
interface Resolved { readonly text: string, readonly native: readonly Part[] }

const MAX_DEPTH = 8
/** References followed for one value, so that properties that name each other cannot make a text without end. */
const MAX_REFERENCES = 1000

/** Arguments of filters whose value is always a bean: the room says which it can do without. */
const BEAN_ARGUMENT = /filters\[\d+\]\.args\.(?:key-?resolver|rate-?limiter)$/i

/**
 * A copy of a part of a Spring file with `${name:default}` resolved, from the environment (also as `NAME_OF_PROPERTY`) or
 * from another property of the file; `written` is the reference as a native file has it. `#{...}` (SpEL) is refused, except
 * where an argument of a filter is a bean.
 */
export function resolvePlaceholders (tree: Tree, path: string, root: Tree, conversion: Conversion, seen: Map<Tree, Tree> = new Map()): Tree {
  const known = seen.get(tree)
  if (known) return known
  const below = (inner: Tree, step: string) => resolvePlaceholders(inner, path + step, root, conversion, seen)
  const made: Tree = tree.kind === 'leaf'
    ? resolveLeaf(tree, path, root, conversion)
    : tree.kind === 'list'
      ? { ...tree, items: tree.items.map((item, i) => below(item, `[${i}]`)) }
      : { ...tree, entries: new Map([...tree.entries].map(([key, entry]) => [key, { ...entry, value: below(entry.value, `.${key}`) }])) }
  seen.set(tree, made)
  return made
}

function resolveLeaf (leaf: Leaf, path: string, root: Tree, conversion: Conversion): Leaf {
  const { written } = leaf
  if (typeof written !== 'string') return leaf
  if (written.includes('#{') && !BEAN_ARGUMENT.test(path)) conversion.refuse(leaf.span, path, 'Spring\'s expressions #{...} name beans, and here are none')
  if (!written.includes('${')) return leaf
  try {
    const parts = parseReferences(written, SPRING)
    const { text, native } = resolveParts(parts, { root, conversion, followed: 0 }, 0)
    const value = leaf.plain && parts.every(part => typeof part !== 'string') ? coreScalar(text) : text
    return { ...leaf, value, written: formatReferences(native) }
  } catch (error) {
    if (!(error instanceof ReferenceFault)) throw error
    conversion.refuse(leaf.span, path, error.message, 'GW_CONFIG_INTERPOLATION')
    return leaf
  }
}

interface Following { readonly root: Tree, readonly conversion: Conversion, followed: number }

function resolveParts (parts: readonly Part[], following: Following, depth: number): Resolved {
  const resolved = parts.map(part => typeof part === 'string' ? { text: part, native: [part] } : resolveReference(part, following, depth))
  return { text: resolved.map(({ text }) => text).join(''), native: resolved.flatMap(({ native }) => native) }
}

function resolveReference ({ name, fallback }: Reference, following: Following, depth: number): Resolved {
  if (depth > MAX_DEPTH || ++following.followed > MAX_REFERENCES) throw new ReferenceFault(`the property ${name} leads back to itself, or too far`)
  const { env, secrets } = following.conversion.options
  const key = variableName(name)
  const value = variable(key, env[name] ?? env[key], secrets)
  const property = value === undefined ? propertyOf(following.root, name) : undefined
  if (property) return resolveParts(parseReferences(String(property.written), SPRING), following, depth + 1)
  const other = fallback && resolveParts(fallback, following, depth + 1)
  const native: Part[] = [{ kind: 'variable', name: key, fallback: other && other.native }]
  return { text: value ?? (other ? other.text : missing(name, native, following.conversion)), native }
}

function missing (name: string, native: readonly Part[], { options }: Conversion): string {
  if (options.missing === 'keep') return formatReferences(native)
  throw new ReferenceFault(`neither the variable ${variableName(name)} nor a property ${name} of this file is there; set it, or give a default with \${${name}:...}`)
}

/** The environment variable that Spring reads a property from: `app.base-url` is `APP_BASEURL`. */
const variableName = (name: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : name.toUpperCase().replaceAll('-', '').replace(/[^A-Z0-9]/g, '_')

function propertyOf (root: Tree, name: string): Leaf | undefined {
  let value: Tree | undefined = root
  for (const key of name.split('.')) value = new Section(value, '').take(key)?.value
  return value?.kind === 'leaf' ? value : undefined
}
