import { readFileSync, statSync } from 'node:fs'
import Type from 'typebox'
import { LineCounter, parseDocument, type Document } from 'yaml'
import { ConfigError, ConfigErrors, type ConfigErrorCode } from '../../contract/config-error.ts'
import { EndpointSchema, type EndpointConfig } from '../../contract/route-file.ts'
import { validate } from '../../contract/validate.ts'
import type { Address } from '../address.ts'

/** Thousands of endpoints, and no more: each has connections of its own. */
const MOST_BYTES = 1_048_576
const MOST_ENDPOINTS = 10_000
/** Of a file that is something else altogether, the first faults say enough. */
const MOST_FAULTS = 10

/** None is allowed here: whoever writes the file may have taken the last one out. */
const ListSchema = Type.Array(EndpointSchema, { 'x-expects': 'a list of endpoints' })

/** Reads a YAML or JSON file with a list like `endpoints`. Throws ConfigErrors with all that is wrong, each at its `file:line:column`. */
export function readEndpoints (file: string): readonly Address[] {
  const lines = new LineCounter()
  const document = parse(file, read(file), lines)
  const written = toValue(file, document)
  if (Array.isArray(written) && written.length > MOST_ENDPOINTS) throw broken('GW_CONFIG_UNREADABLE', `more than ${MOST_ENDPOINTS} endpoints`, file)
  const { value, faults } = validate(ListSchema, written)
  const at = (fault: ConfigError): ConfigError => fault.under({ file, pointer: '' }).located(placeOf(file, offsetOf(document, fault.pointer), lines), fault.pointer.slice(1))
  if (faults.length > 0) throw new ConfigErrors(faults.slice(0, MOST_FAULTS).map(at))
  return (value as EndpointConfig[]).map((endpoint, i) => {
    const { url, weight, zone, priority } = typeof endpoint === 'string' ? { url: endpoint, weight: 1, zone: undefined, priority: 0 } : endpoint
    if (!URL.canParse(url)) throw new ConfigErrors([at(new ConfigError('GW_CONFIG_INVALID', `/${i}`, 'expected an origin such as http://10.0.0.7:8080'))])
    return { url: new URL(url).origin, weight, zone: zone ?? null, priority }
  })
}

function read (file: string): string {
  try {
    const stats = statSync(file)
    if (!stats.isFile()) throw broken('GW_CONFIG_UNREADABLE', 'not a file', file)
    if (stats.size > MOST_BYTES) throw broken('GW_CONFIG_UNREADABLE', 'larger than 1 MiB', file)
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw error instanceof ConfigErrors ? error : broken('GW_CONFIG_UNREADABLE', `cannot be read (${(error as NodeJS.ErrnoException).code})`, file)
  }
}

function parse (file: string, text: string, lineCounter: LineCounter): Document.Parsed {
  const document = parseDocument(text, { lineCounter, prettyErrors: false, schema: 'core', resolveKnownTags: false, logLevel: 'error' })
  const [mistake] = document.errors
  if (mistake) throw broken('GW_CONFIG_SYNTAX', mistake.message, placeOf(file, mistake.pos[0], lineCounter))
  if (document.contents === null) throw broken('GW_CONFIG_SYNTAX', 'the file is empty; for no endpoints write []', file)
  return document
}

/** Throws where aliases stand for too much. */
function toValue (file: string, document: Document.Parsed): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw broken('GW_CONFIG_SYNTAX', (error as Error).message, file)
  }
}

function offsetOf (document: Document.Parsed, pointer: string): number {
  const path = pointer.split('/').slice(1).map(part => /^[0-9]+$/.test(part) ? Number(part) : part)
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (node !== null && typeof node === 'object' && 'range' in node && Array.isArray(node.range)) return node.range[0] as number
  }
  return document.contents?.range[0] ?? 0
}

function placeOf (file: string, offset: number, lines: LineCounter): string {
  const { line, col } = lines.linePos(offset)
  return `${file}:${line}:${col}`
}

const broken = (code: ConfigErrorCode, detail: string, place: string): ConfigErrors => new ConfigErrors([new ConfigError(code, '', detail, '', place)])
