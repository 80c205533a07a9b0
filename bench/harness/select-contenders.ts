import type { Contender } from './contender.ts'
import { hasBinary } from './has-binary.ts'
import type { Lab } from './lab.ts'

/** Those that were asked for and can run here; one line for each whose binary is missing. */
export function selectContenders (lab: Lab, contenders: readonly Contender[]): Contender[] {
  const { only } = lab.options
  const wanted = contenders.filter(({ name }) => only.length === 0 || only.includes(name))
  return wanted.filter(({ name, binary }) => {
    if (binary === undefined || hasBinary(binary)) return true
    lab.note(`skipped ${name}: no '${binary}' here (apt install ${binary})`)
    return false
  })
}
