import { dirname, resolve } from 'node:path'
import { ConfigError } from '../contract/config-error.ts'
import { coreScalar } from './core-scalar.ts'
import { readText, type ReadFile } from './read-text.ts'
import { looksSecret, type Redactor } from './redactor.ts'
import { NATIVE, parseReferences, ReferenceFault, type Part, type Reference } from './references.ts'
import type { Source } from './source.ts'
import { eachLeaf, type Leaf } from './tree.ts'

/** What references are resolved with. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly secrets: Redactor
  readonly readFile?: ReadFile | undefined
  /** Told of every file that a reference names. */
  readonly onFile: (path: string) => void
}

const MAX_BYTES = 1024 ** 2

/** Resolves every reference in the values of a native file. A fault leaves the value as it is written. */
export async function interpolate (source: Source, environment: Environment): Promise<ConfigError[]> {
  const pending: { leaf: Leaf, pointer: string }[] = []
  eachLeaf(source.root, (leaf, pointer) => { if (hasReference(leaf)) pending.push({ leaf, pointer }) })
  const faults = await Promise.all(pending.map(async ({ leaf, pointer }) => {
    try {
      const parts = parseReferences(String(leaf.written), NATIVE)
      assign(leaf, parts, (await Promise.all(parts.map(part => partValue(part, source, environment)))).join(''))
      return null
    } catch (error) {
      if (!(error instanceof ReferenceFault)) throw error
      return new ConfigError('GW_CONFIG_INTERPOLATION', pointer, error.message, source.file)
    }
  }))
  return faults.filter(fault => fault !== null)
}

/** Whether there may be a reference, or an escaped one, in a scalar. */
export const hasReference = ({ written }: Leaf): boolean => typeof written === 'string' && written.includes('${')

/** Gives a scalar its resolved text; one that is nothing but unquoted references has the YAML type of that text. */
export function assign (leaf: Leaf, parts: readonly Part[], text: string): void {
  leaf.value = leaf.plain && parts.every(part => typeof part !== 'string') ? coreScalar(text) : text
}

/** What a variable is worth: its value, remembered if its name says that it is a secret. */
export function variable (name: string, value: string | undefined, secrets: Redactor): string | undefined {
  if (value !== undefined && looksSecret(name)) secrets.add(value)
  return value
}

async function partValue (part: Part, source: Source, environment: Environment): Promise<string> {
  if (typeof part === 'string') return part
  if (part.kind === 'file') return await fileValue(part, source, environment)
  const { name, fallback } = part
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new ReferenceFault(`"${name}" is not the name of a variable (letters, digits, _); a default follows :-`)
  const value = variable(name, environment.env[name], environment.secrets)
  if (fallback !== null && !value) return (await Promise.all(fallback.map(inner => partValue(inner, source, environment)))).join('')
  if (value === undefined) throw new ReferenceFault(`the variable ${name} is not set; set it, give a default with \${${name}:-...}, or write $\${ for the characters \${ themselves`)
  return value
}

async function fileValue ({ name }: Reference, source: Source, { readFile, secrets, onFile }: Environment): Promise<string> {
  const path = resolve(dirname(source.path), name)
  onFile(path)
  try {
    const text = (await readText(path, MAX_BYTES, readFile)).replace(/\r?\n$/, '')
    secrets.add(text)
    return text
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error instanceof Error ? error.message : error)
    throw new ReferenceFault(`the file ${name} cannot be read: ${code}`)
  }
}
