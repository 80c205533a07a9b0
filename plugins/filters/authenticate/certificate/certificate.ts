import { Choice, Config, ConfigError, List, principal, Refusal, Type, type ClientCertificate, type Principal } from '../../../../src/contract/index.ts'
import { dropCertificateHeader } from './client-certificate.ts'
import { CROSS_SITE, crossSitePage, Origins } from '../cross-site.ts'
import { nameGlob } from './name-glob.ts'
import { defineWay } from '../way.ts'

const Names = (what: string) => Type.Optional(List(Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]+$', 'x-expects': 'a name, * for one part of it, ** for any' }), { description: `${what} that may call; \`*\` is one part, \`**\` any. Then no other kind of name counts, unless it has its own list.` }))

const KINDS = {
  uri: { key: 'uris', separator: '/', of: (certificate: ClientCertificate) => certificate.uris },
  dns: { key: 'dnsNames', separator: '.', of: (certificate: ClientCertificate) => certificate.dnsNames },
  email: { key: 'emails', separator: '@', of: (certificate: ClientCertificate) => certificate.emails },
  subject: { key: 'subjects', separator: ',', of: (certificate: ClientCertificate) => [certificate.subject] }
} as const
type Kind = keyof typeof KINDS

const CertificateConfig = Config({
  subject: List(Choice(['uri', 'dns', 'email', 'subject']), { default: ['uri', 'dns', 'email', 'subject'], description: 'Which name is the caller\'s: the first of these kinds that the certificate has. Subject Alternative Names, or `subject`, the distinguished name.' }),
  uris: Names('URIs (SPIFFE IDs)'),
  dnsNames: Names('DNS names'),
  emails: Names('Mail addresses'),
  subjects: Names('Distinguished names'),
  origins: Origins('the certificate')
})

/** Printable, and short enough for every header that may carry it. */
const NAME = /^[^\p{Cc}]{1,512}$/u
const MAX_REMEMBERED = 1000
const STRANGER = new Refusal('unknown', 'the certificate has no name that may call')

/** The client's certificate (RFC 5280 4.2.1.6): a name of it is who is calling. */
export const certificate = defineWay({
  name: 'certificate',
  config: CertificateConfig,

  create: (config, { certificate }) => {
    const nameOf = namer(config)
    const isCrossSite = crossSitePage(config.origins ?? [])
    const remembered = new Map<string, Principal>()
    const principalOf = (subject: string): Principal => {
      const known = remembered.get(subject)
      if (known !== undefined) return known
      if (remembered.size >= MAX_REMEMBERED) remembered.clear()
      const made = principal({ subject, source: 'certificate', level: 3 })
      remembered.set(subject, made)
      return made
    }
    return {
      challenge: null,
      authenticate: x => {
        const presented = certificate(x)
        if (presented === null || presented instanceof Refusal) return presented ?? undefined
        const subject = nameOf(presented)
        if (subject === undefined) return STRANGER
        // Browsers show a certificate to whatever any page makes them ask
        return isCrossSite(x) ? CROSS_SITE : principalOf(subject)
      },
      refusalChallenge: () => null,
      consume: dropCertificateHeader
    }
  }
})

type Lists = Partial<Record<typeof KINDS[Kind]['key'], readonly string[]>>

/** The first name, kind by kind, that may call. Once one kind has a list, a name of a kind without one lets nobody in. */
function namer (config: Lists & { readonly subject: readonly Kind[] }): (certificate: ClientCertificate) => string | undefined {
  const listed = (Object.keys(KINDS) as Kind[]).filter(kind => config[KINDS[kind].key] !== undefined)
  const idle = listed.find(kind => !config.subject.includes(kind))
  if (idle !== undefined) throw new ConfigError('GW_CONFIG_NO_EFFECT', `/${KINDS[idle].key}`, `"subject" leaves out ${idle}`)
  const rules = config.subject.filter(kind => listed.length === 0 || listed.includes(kind)).map(kind => rule(kind, config))
  return certificate => {
    for (const find of rules) {
      const name = find(certificate)
      if (name !== undefined) return name
    }
    return undefined
  }
}

function rule (kind: Kind, config: Lists): (certificate: ClientCertificate) => string | undefined {
  const { key, separator, of } = KINDS[kind]
  const globs = config[key]?.map((glob, i) => nameGlob(glob, separator, `/${key}/${i}`))
  return certificate => of(certificate).find(name => NAME.test(name) && (globs === undefined || globs.some(fits => fits(name))))
}
