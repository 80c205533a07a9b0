import type { Tree } from '../tree.ts'
import type { Conversion } from './conversion.ts'
import type { Property } from './relaxed-section.ts'

/** The items of a property that is a list. A text is one too, parted at its commas, as Spring's binder has it. */
export function listed (property: Property | undefined, conversion: Conversion): readonly Tree[] {
  const tree = property?.value
  if (!property || !tree || (tree.kind === 'leaf' && tree.value === null)) return []
  if (tree.kind === 'list') return tree.items
  if (tree.kind === 'leaf' && typeof tree.value === 'string' && tree.value === tree.written) {
    return tree.value.split(',').map(part => ({ ...tree, value: part.trim(), written: part.trim() }))
  }
  conversion.refuse(tree.span, property.path, 'expected a list', 'GW_CONFIG_INVALID')
  return []
}
