import { springFlag, type SpringForm } from '../../../src/contract/index.ts'

type SpringArgs = Readonly<Record<string, string | string[]>>

const ARGS = ['allowedOrigins', 'allowedOriginPatterns', 'allowedMethods', 'allowedHeaders', 'exposedHeaders', 'allowCredentials', 'maxAge', 'allowPrivateNetwork']

/** Spring has no filter of this name: the arguments are the keys of a route's `metadata.cors`. */
export const springCors: SpringForm = { name: 'Cors', args: ARGS, toConfig: fromSpring }

/** Keys in camel or kebab case; a key that Spring does not have stays, for the schema to refuse. */
function fromSpring (args: SpringArgs): Record<string, unknown> {
  const given = Object.fromEntries(Object.entries(args).map(([key, value]) => [camel(key), value]))
  const { allowedOrigins, allowedOriginPatterns, allowedMethods, allowedHeaders, exposedHeaders, allowCredentials, maxAge, allowPrivateNetwork, ...rest } = given
  return {
    ...rest,
    ...originsOf(list(allowedOrigins), list(allowedOriginPatterns)),
    methods: star(list(allowedMethods ?? ['GET', 'HEAD']), ['*']),
    headers: star(list(allowedHeaders), ['*', 'Authorization']),
    exposedHeaders: star(list(exposedHeaders), ['*']),
    credentials: springFlag(allowCredentials),
    maxAge: seconds(maxAge),
    privateNetwork: springFlag(allowPrivateNetwork)
  }
}

/** One `*` makes the rest idle; a slash at the end, which Spring leaves away too, is no part of an origin. */
function originsOf (exact: string[] | undefined, patterns: string[] | undefined): Record<string, unknown> {
  if (exact?.includes('*') || patterns?.includes('*')) return { origins: ['*'] }
  const plain = (origin: string) => origin.replace(/\/$/, '')
  return { origins: exact?.map(plain), originPatterns: patterns?.map(plain) }
}

const camel = (key: string): string => key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** In Spring, `*` covers all, whatever stands beside it, and Authorization too. */
const star = (values: string[] | undefined, all: string[]): string[] | undefined => values?.includes('*') ? all : values

/** A list, or text with commas; those in brackets belong to the ports of a pattern. */
function list (value: string | string[] | undefined): string[] | undefined {
  if (value === undefined) return undefined
  return [value].flat().flatMap(text => String(text).split(/,(?![^[\]]*\])/)).map(entry => entry.trim()).filter(entry => entry !== '')
}

/** Spring counts seconds; below zero, nothing is to be remembered. */
function seconds (value: unknown): string | undefined {
  if (value === undefined) return undefined
  const text = String(value)
  return /^-\d+$/.test(text) ? '0s' : /^\d+$/.test(text) ? `${text}s` : text
}
