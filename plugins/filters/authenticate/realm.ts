import { Type } from '../../../src/contract/index.ts'

/** Option for the realm that a challenge names (RFC 9110 11.5). */
export const Realm = (description: string) => Type.Optional(Type.String({ pattern: '^[\\x20-\\x7e]{1,128}$', 'x-expects': 'printable ASCII, at most 128 characters', description }))
