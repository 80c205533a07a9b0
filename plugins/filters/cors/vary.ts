import type { HeaderList } from '../../../src/contract/index.ts'

/** Adds names to Vary (RFC 9110 12.5.5) that are not there yet; `*` says more than any name. */
export function addVary (headers: HeaderList, names: readonly string[]): void {
  const present = headers.get('vary') ?? ''
  const known = present.toLowerCase().split(',').map(name => name.trim())
  if (known.includes('*')) return
  const missing = names.filter(name => !known.includes(name.toLowerCase()))
  if (missing.length > 0) headers.set('vary', present.trim() === '' ? missing.join(', ') : `${present}, ${missing.join(', ')}`)
}
