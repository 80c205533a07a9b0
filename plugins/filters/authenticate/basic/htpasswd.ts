import { ConfigError } from '../../../../src/contract/index.ts'

const BCRYPT = /^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$/
/** Doubles with each: at 14 one password takes a second of a core. */
const MAX_COST = 14
const MIN_COST = 4
const EXAMPLE = 'users.htpasswd'
const FROM_FILE = `the text of an htpasswd file belongs here, and "\${file:${EXAMPLE}}" gives that`
const USER = /^[^:\p{Cc}]{1,255}$/u

/** User name -> bcrypt hash, from the text of an htpasswd file. ConfigError at `/users` with the line, never with what is in it. */
export function parseHtpasswd (text: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>()
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const { user, hash } = entry(line, i + 1)
    if (users.has(user)) throw new ConfigError('GW_CONFIG_DUPLICATE', '/users', `line ${i + 1}: the user is there twice`)
    users.set(user, hash)
  })
  if (users.size === 0) throw new ConfigError('GW_CONFIG_INVALID', '/users', `no user in it; ${FROM_FILE}`)
  return users
}

function entry (line: string, number: number): { user: string, hash: string } {
  const at = line.indexOf(':')
  const user = line.slice(0, Math.max(at, 0))
  if (!USER.test(user)) throw invalid(number, `not a user name, a colon and a hash; ${FROM_FILE}`)
  const hash = line.slice(at + 1).trim()
  const cost = Number(BCRYPT.exec(hash)?.[1] ?? NaN)
  if (Number.isNaN(cost)) throw invalid(number, 'not a bcrypt hash; MD5, SHA-1, crypt and plain passwords are too easily guessed: `htpasswd -B` makes a bcrypt one')
  if (cost < MIN_COST || cost > MAX_COST) throw invalid(number, `the cost of the hash is not from ${MIN_COST} to ${MAX_COST}: \`htpasswd -B -C 10\``)
  return { user, hash }
}

const invalid = (line: number, why: string): ConfigError => new ConfigError('GW_CONFIG_INVALID', '/users', `line ${line}: ${why}`)
