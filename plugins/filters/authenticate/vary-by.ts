import type { Exchange } from '../../../src/contract/index.ts'

/**
 * Tells caches in front that the reply is for whoever brought this field (RFC 9110 12.5.5). Replies to Authorization they keep only where upstream says so in
 * as many words (RFC 9111 3.5), those to any other credential always; and upstream, which sees none, cannot know what its answer varies by.
 */
export function varyBy (name: string, { reply }: Exchange): void {
  const { headers } = reply!
  const said = (headers.get('vary') ?? '').toLowerCase().split(',').map(one => one.trim())
  if (!said.includes('*') && !said.includes(name.toLowerCase())) headers.append('vary', name)
}
