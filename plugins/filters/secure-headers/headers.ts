/** What is sent unless it is disabled: key of the config -> header and default. */
export const STANDARD = {
  strictTransportSecurity: { header: 'strict-transport-security', value: 'max-age=31536000' },
  contentTypeOptions: { header: 'x-content-type-options', value: 'nosniff' },
  frameOptions: { header: 'x-frame-options', value: 'DENY' },
  // Not `no-referrer`: under that, forms of a page post `Origin: null` (Fetch, `Origin` header) and fail at whoever checks the origin, such as cors.
  referrerPolicy: { header: 'referrer-policy', value: 'strict-origin-when-cross-origin' },
  // No frame-ancestors: browsers would then ignore x-frame-options, whatever its value (CSP 3, 6.4.2.2).
  contentSecurityPolicy: { header: 'content-security-policy', value: "default-src 'self'; base-uri 'self'; form-action 'self'; object-src 'none'" },
  permittedCrossDomainPolicies: { header: 'x-permitted-cross-domain-policies', value: 'none' },
  downloadOptions: { header: 'x-download-options', value: 'noopen' },
  xssProtection: { header: 'x-xss-protection', value: '0' }
} as const

/** What is sent only where it is asked for: it can break pages that work today. */
export const OPT_IN = {
  permissionsPolicy: { header: 'permissions-policy', value: 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()' },
  crossOriginOpenerPolicy: { header: 'cross-origin-opener-policy', value: 'same-origin' },
  crossOriginResourcePolicy: { header: 'cross-origin-resource-policy', value: 'same-origin' }
} as const
