import type { Filter, Predicate } from '../../src/contract/room.ts'
import { keyRows } from './key-rows.ts'
import { generated, keyTable } from './markdown.ts'

type AnyRoom = Filter | Predicate

/** What a page needs of a room: itself and the text of its README. */
export interface DocumentedRoom { readonly room: AnyRoom, readonly readme: string }

const KEY_TABLE = /\| key \| meaning \|\n\| --- \| --- \|\n((?:\|.*\n?)*)/

/** The reference page of all predicates or all filters. */
export function roomPage (title: string, lead: string, rooms: readonly DocumentedRoom[]): string {
  const sorted = [...rooms].sort((a, b) => a.room.name < b.room.name ? -1 : 1)
  const list = sorted.map(({ room: { name } }) => `[${name}](#${name})`).join(', ')
  return [generated(title, lead), list, ...sorted.map(section)].join('\n\n') + '\n'
}

/** The README under the room's name, its sections below that, its table of keys completed with what the schema knows. */
function section ({ room, readme }: DocumentedRoom): string {
  const body = readme.replace(/^# .*\n+/, '').replace(/^## /gm, '### ').replace(/\]\(\.\.\/(?:\.\.\/\w+\/)?([a-z-]+)\/README\.md\)/g, '](#$1)').trimEnd()
  return [`## ${room.name}`, body.replace(KEY_TABLE, (_, rows: string) => `${completed(room, rows)}\n`), ...notes(room)].join('\n\n')
}

function completed (room: AnyRoom, written: string): string {
  const meanings = new Map([...written.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, key, meaning]) => [key!, meaning!]))
  return keyTable(keyRows(room.config).map(row => ({ ...row, meaning: meanings.get(row.key) ?? row.meaning })))
}

function notes (room: AnyRoom): string[] {
  const short = room.shorthand === null ? [] : [`\`${room.name}: x\` is short for \`${room.name}: { ${room.shorthand}: x }\`.`]
  const refuses = room.kind === 'filter' && room.refuses.length > 0
    ? [`With \`report: true\` it only counts what it would have refused with ${room.refuses.map(code => `[${code}](../errors.md)`).join(', ')}.`]
    : []
  const both = [...short, ...refuses].join(' ')
  return both === '' ? [] : [both]
}
