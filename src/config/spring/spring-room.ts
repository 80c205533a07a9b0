import type { Room, SpringForm } from '../../contract/room.ts'

/** A room that Spring has too. */
export type SpringRoom = Room<unknown> & { readonly spring: SpringForm }

/** Those of some rooms that Spring has too. */
export const springRooms = (rooms: Iterable<Room<unknown>>): SpringRoom[] => [...rooms].filter((room): room is SpringRoom => room.spring !== null)
