import { judge, type Gate } from './gates.ts'
import { StageCounts } from './stage-counts.ts'
import type { Stage } from './stages-schema.ts'

/**
 * What one process makes of a stage while the store cannot be asked: it goes by what it has seen itself since then, never up, and down one stage at most. Holds the
 * counts of one stage, however long it lasts.
 */
export class Outage {
  isOn = false
  /** The stage has broken here: until others can be told, this process mirrors as in the one before. */
  lowered = false
  #sinceMs = 0
  /** Was to be told, and may have been: never told again, since it could count twice. */
  readonly #lost = new StageCounts()

  /** Says whether it was well before. */
  start (nowMs: number): boolean {
    if (this.isOn) return false
    this.isOn = true
    this.#sinceMs = nowMs
    return true
  }

  /** Says whether it was not. */
  end (): boolean {
    if (!this.isOn) return false
    this.isOn = false
    this.forget(0)
    return true
  }

  lose (counts: StageCounts): void {
    this.#lost.add(counts)
  }

  /** The stage is another one now, or counts begin anew. */
  forget (nowMs: number): void {
    this.lowered = false
    this.#sinceMs = nowMs
    this.#lost.clear()
  }

  /** Gives the gate that breaks the stage here, once. Where all went well for as long as the stage holds, counts begin anew, as they do with a store. */
  judge (pending: StageCounts, stage: Stage, nowMs: number): { readonly gate: Gate, readonly counts: StageCounts } | null {
    if (this.lowered) return null
    const counts = pending.copy()
    counts.add(this.#lost)
    const gates = judge(counts, stage)
    const gate = gates.find(({ broken }) => broken)
    if (gate) {
      this.lowered = true
      return { gate, counts }
    }
    if (nowMs - this.#sinceMs >= stage.hold && gates.every(({ pass }) => pass)) {
      this.forget(nowMs)
      pending.clear()
    }
    return null
  }
}
