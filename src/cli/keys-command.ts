import { hint } from '../contract/nearest.ts'
import { UsageError } from '../contract/usage-error.ts'
import { EXIT, type Command } from './command.ts'
import { SUBCOMMANDS } from './keys/subcommands.ts'

/** `gatehouse keys`: key rings and API keys. */
export const keysCommand: Command = {
  name: 'keys',
  summary: 'make, rotate and show key rings; make API keys',
  usage: `new|rotate|list|public|derive|api-key ...

A key ring is a file with the keys that sign passports or seal sessions, as JWK Set (RFC 7517). It is secret: mode 0600, and read with \${file:...}.

  new <file> [--for passport|session] [--algorithm EdDSA|HS256]
                                 make a ring with one key (passport, EdDSA); never writes over a file
  rotate <file> [--overlap 10m] [--keep 24h]
                                 add a key that signs after the overlap; the old ones verify for as long as they are kept, then are dropped
  list <file>                    the keys and what each is good for at the moment; no secret
  public <file>                  the public keys, as JWK Set
  derive <file> --audience <name>
                                 the HS256 keys that one upstream verifies with, as JWK Set: a secret of that upstream
  api-key [--id <name>] [--scopes a,b]
                                 make an API key; print it, once, and its entry for the route file

Exit status: 0 done, 1 the file cannot be read or written, 2 wrong ring or command line.`,
  run: async ([name = '', ...args], io) => {
    const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined
    if (subcommand === undefined) throw new UsageError(name === '' ? 'one of new, rotate, list, public, derive, api-key' : `no such thing to do with keys: "${name}"${hint(name, Object.keys(SUBCOMMANDS))}`)
    subcommand(args, io)
    return EXIT.ok
  }
}
