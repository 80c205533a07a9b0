import { createHmac, randomBytes } from 'node:crypto'
import { principal, Refusal, type Clock, type Verdict } from '../../../../src/contract/index.ts'
import type { BasicCredentials } from './basic-credentials.ts'
import { BasicLimits } from './basic-limits.ts'
import { parseHtpasswd } from './htpasswd.ts'
import { HtpasswdThread, ThreadUnavailable } from './htpasswd-thread.ts'
import { VerdictCache, type Finding } from '../verdict-cache.ts'

const REMEMBERED_MS = 60_000
const REFUSED_MS = 5_000
const MAX_WAITING = 16

const WRONG = new Refusal('unknown', 'user or password')
const TOO_MANY = new Refusal('unavailable', 'too many attempts with this user')

/** Checks users and passwords against an htpasswd file. ConfigError at `/users`. */
export function htpasswdVerifier (text: string, clock: Clock): (credentials: BasicCredentials, address: string) => Verdict | Promise<Verdict> {
  const users = parseHtpasswd(text)
  const principals = new Map([...users.keys()].map(user => [user, principal({ subject: user, source: 'basic', level: 1 })]))
  const hashes = [...users.values()]
  const secret = randomBytes(32)
  const digest = (text: string): Buffer => createHmac('sha256', secret).update(text).digest()
  const verdicts = new VerdictCache({ clock, maxGood: 1_000, maxOthers: 1_000 })
  const limits = new BasicLimits(clock)
  const thread = new HtpasswdThread(MAX_WAITING)

  /** An unknown user is checked against the hash of somebody, always the same: he costs what a known one does, however costs differ. */
  const hashOf = (user: string): string => users.get(user) ?? hashes[digest(user).readUInt32BE(0) % hashes.length]!

  const find = async ({ user, password }: BasicCredentials, address: string): Promise<Finding> => {
    const fits = await limits.run(user, address, async () => await thread.check(password, hashOf(user)) && users.has(user))
    if (fits === null) return { verdict: TOO_MANY, forMs: 0 }
    return fits ? { verdict: principals.get(user)!, forMs: REMEMBERED_MS } : { verdict: WRONG, forMs: REFUSED_MS }
  }
  return (credentials, address) => {
    // No user has a colon in it
    const key = digest(`${credentials.user}:${credentials.password}`).toString('base64')
    const verdict = verdicts.get(key, () => find(credentials, address))
    return verdict instanceof Promise ? verdict.catch(unavailable) : verdict
  }
}

function unavailable (error: unknown): Refusal {
  if (error instanceof ThreadUnavailable) return new Refusal('unavailable', error.message)
  throw error
}
