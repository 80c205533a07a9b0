/** JSON for people and scripts in which every text is masked by itself, so that no mask can break the document. */
export const redactedJson = (value: unknown, redact: (text: string) => string): string =>
  JSON.stringify(value, (_key, inner: unknown) => typeof inner === 'string' ? redact(inner) : inner, 2)
