type SpringArgs = Readonly<Record<string, string | string[]>>

/** Spring's names. None of them has a place in its shortcut form. */
export const SPRING_ARGS = ['xssProtectionHeader', 'strictTransportSecurity', 'frameOptions', 'contentTypeOptions', 'referrerPolicy',
  'contentSecurityPolicy', 'downloadOptions', 'permittedCrossDomainPolicies', 'permissionsPolicy', 'enable', 'disable']

/** Pages that run behind Spring's defaults may need them: these two are kept where ours are different and can be felt. */
const SPRING_DEFAULTS = {
  'referrer-policy': { referrerPolicy: 'no-referrer' },
  'content-security-policy': {
    contentSecurityPolicy: "default-src 'self' https:; font-src 'self' https: data:; img-src 'self' https: data:; object-src 'none'; script-src https:; style-src 'self' https: 'unsafe-inline'"
  }
}

/** Spring's arguments, in camel or kebab case, as our config. X-XSS-Protection becomes `0` unless the file has a value for it. */
export function fromSpring (args: SpringArgs): Record<string, unknown> {
  const { xssProtectionHeader, enable, disable, ...values } = Object.fromEntries(Object.entries(args).map(([key, value]) => [camel(key), value]))
  const disabled = list(disable)
  const kept = Object.entries(SPRING_DEFAULTS).filter(([header]) => !disabled?.includes(header)).map(([, defaults]) => defaults)
  return { ...Object.assign({}, ...kept), ...values, xssProtection: xssProtectionHeader, enable: list(enable), disable: disabled }
}

const camel = (key: string): string => key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** A list, or text with commas; names in any case. */
function list (value: string | string[] | undefined): string[] | undefined {
  if (value === undefined) return undefined
  return [value].flat().flatMap(text => text.split(',')).map(name => name.trim().toLowerCase())
}
