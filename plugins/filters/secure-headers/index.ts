import { Choice, Config, ConfigError, defineFilter, HeaderValue, List, Type } from '../../../src/contract/index.ts'
import { fromSpring, SPRING_ARGS } from './from-spring.ts'
import { OPT_IN, STANDARD } from './headers.ts'

const standard = (key: keyof typeof STANDARD, about: string) =>
  HeaderValue({ default: STANDARD[key].value, minLength: 1, description: `Value of \`${STANDARD[key].header}\`: ${about}` })

const optIn = (key: keyof typeof OPT_IN, about: string) =>
  Type.Optional(HeaderValue({ minLength: 1, description: `Value of \`${OPT_IN[key].header}\`, sent where this is given or \`enable\` names it: ${about}` }))

const names = (headers: Readonly<Record<string, { header: string }>>) => Object.values(headers).map(({ header }) => header)

export default defineFilter({
  name: 'secure-headers',
  config: Config({
    strictTransportSecurity: standard('strictTransportSecurity', 'browsers come back over https only. Sent over https alone.'),
    contentTypeOptions: standard('contentTypeOptions', 'browsers do not guess content types.'),
    frameOptions: standard('frameOptions', 'who may put the page in a frame.'),
    referrerPolicy: standard('referrerPolicy', 'what other sites are told of the address.'),
    contentSecurityPolicy: standard('contentSecurityPolicy', 'where a page may load from.'),
    permittedCrossDomainPolicies: standard('permittedCrossDomainPolicies', 'policy files of Flash and Acrobat.'),
    downloadOptions: standard('downloadOptions', 'old Internet Explorer does not open downloads in place.'),
    xssProtection: standard('xssProtection', 'the filter of old browsers; `0` turns it off.'),
    permissionsPolicy: optIn('permissionsPolicy', 'which features of the browser a page may use.'),
    crossOriginOpenerPolicy: optIn('crossOriginOpenerPolicy', 'whether other sites keep a handle on a window they opened.'),
    crossOriginResourcePolicy: optIn('crossOriginResourcePolicy', 'who may embed the resource.'),
    disable: Type.Optional(List(Choice(names(STANDARD)), { description: 'Headers not to send.' })),
    enable: Type.Optional(List(Choice(names(OPT_IN)), { description: 'Headers to send that are not sent otherwise.' })),
    override: Type.Boolean({ default: false, description: 'Replace what the upstream sent, too.' })
  }),
  spring: { name: 'SecureHeaders', args: SPRING_ARGS, toConfig: fromSpring },

  create: config => {
    const https = chosen(config)
    if (https.length === 0) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/disable', 'every header is disabled, so the filter would do nothing')
    const http = https.filter(([header]) => header !== 'strict-transport-security')
    const { override } = config
    return {
      response: x => {
        const { headers } = x.reply!
        // A host must not send Strict-Transport-Security over plain HTTP (RFC 6797 7.2).
        for (const [header, value] of x.scheme === 'https' ? https : http) {
          if (override || !headers.has(header)) headers.set(header, value)
        }
      }
    }
  }
})

type Given = Readonly<Partial<Record<keyof typeof STANDARD | keyof typeof OPT_IN, string>>> & { disable?: string[], enable?: string[] }

/** Header and value of each that is to be sent. */
function chosen (config: Given): [string, string][] {
  const usual = entries(STANDARD).flatMap(([key, { header, value }]): [string, string][] => {
    const given = config[key] ?? value
    if (!config.disable?.includes(header)) return [[header, given]]
    if (given === value) return []
    throw new ConfigError('GW_CONFIG_NO_EFFECT', `/${key}`, `${header} is disabled, so its value is never sent`)
  })
  const extra = entries(OPT_IN).flatMap(([key, { header, value }]): [string, string][] => {
    const given = config[key] ?? (config.enable?.includes(header) ? value : undefined)
    return given === undefined ? [] : [[header, given]]
  })
  return [...usual, ...extra]
}

const entries = <K extends string, V>(record: Readonly<Record<K, V>>) => Object.entries(record) as [K, V][]
