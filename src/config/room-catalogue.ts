import type { Filter, Predicate } from '../contract/room.ts'

/** Every room by its name. */
export interface RoomCatalogue { readonly filters: ReadonlyMap<string, Filter>, readonly predicates: ReadonlyMap<string, Predicate> }
