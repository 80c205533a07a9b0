import type { Exchange } from '../../contract/exchange.ts'
import { Table, type Found } from '../../plan/table.ts'

/** Stands between a request and lookup: may ask the table (`find`), and says what the answer is. */
export type Lookup = (x: Exchange, find: () => Found | Promise<Found>) => Promise<Found>

/** A table whose lookups can be watched. */
export class RehearsalTable extends Table {
  lookup: Lookup | null = null

  override find (x: Exchange): Found | Promise<Found> {
    return this.lookup === null ? super.find(x) : this.lookup(x, () => super.find(x))
  }
}
