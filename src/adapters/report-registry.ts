import type { Report, ReportBoard, Reports } from '../contract/reports.ts'

/** What is published under one name, oldest first: for a while the plan of before and that of now both have theirs there. */
interface Entry { readonly route: string, readonly name: string, readonly published: { readonly by: object, readonly report: Report }[] }

/** Where the rooms of one gateway publish what operators want to see of their work. */
export class ReportRegistry implements ReportBoard {
  readonly #rooms = new Map<string, Map<string, Entry>>()

  /** The room publishes reports, though perhaps no route uses it. */
  declare (room: string): void {
    if (!this.#rooms.has(room)) this.#rooms.set(room, new Map())
  }

  /** The reports of one use of a room, withdrawn when it closes. */
  scope (room: string, route: string): Reports & { close(): void } {
    const by = {}
    const names = new Set<string>()
    let closed = false
    return {
      publish: (name, report) => {
        // Nobody would withdraw it
        if (closed) return
        names.add(name)
        this.declare(room)
        entryOf(this.#rooms.get(room)!, route, name).published.push({ by, report })
      },
      close: () => {
        closed = true
        for (const name of names) this.#withdraw(room, route, name, by)
      }
    }
  }

  list (room: string): { readonly route: string, readonly name: string, readonly summary: object }[] | null {
    const entries = this.#rooms.get(room)
    // Made when it is looked at: of ten thousand routes nobody looks at all
    return entries ? [...entries.values()].map(({ route, name, published }) => ({ route, name, get summary () { return summaryOf(published.at(-1)!.report) } })) : null
  }

  find (room: string, route: string, name: string): Report | null {
    return this.#rooms.get(room)?.get(keyOf(route, name))?.published.at(-1)?.report ?? null
  }

  #withdraw (room: string, route: string, name: string, by: object): void {
    const entries = this.#rooms.get(room)!
    const key = keyOf(route, name)
    const published = entries.get(key)?.published.filter(one => one.by !== by) ?? []
    if (published.length === 0) entries.delete(key)
    else entries.set(key, { route, name, published })
  }
}

const keyOf = (route: string, name: string): string => JSON.stringify([route, name])

function entryOf (entries: Map<string, Entry>, route: string, name: string): Entry {
  const key = keyOf(route, name)
  const entry = entries.get(key) ?? { route, name, published: [] }
  entries.set(key, entry)
  return entry
}

/** One report that cannot be summed up does not hide the others. */
function summaryOf (report: Report): object {
  try {
    return report.summary()
  } catch {
    return { status: 'cannot be shown' }
  }
}
