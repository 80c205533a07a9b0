import { Config, Duration, List, Percentage, Size, Timeout, Type } from '../../../../src/contract/index.ts'

/** How long after the live request the shadow's goes out: `10m`, or `{ of: 10m, jitter: 20% }`. */
export const DelaySchema = Type.Union([
  Timeout(),
  Config({
    of: Timeout({ description: 'How long a request waits.' }),
    jitter: Percentage({ description: 'How much longer or shorter, drawn anew for each request: 20% of 10m is anything from 8m to 12m.' })
  })
], { 'x-expects': 'a duration such as 10m, or { of: 10m, jitter: 20% }', description: 'How long a request waits before the shadow gets it.' })

/** What may wait, for its time or for a place. */
export const QueueSchema = Config({
  count: Type.Integer({ minimum: 0, maximum: 100_000, default: 100, description: 'Requests that may wait; 0: none does.' }),
  bytes: Size({ default: '16MiB', description: 'Bytes that those who wait may hold together.' })
}, { default: {}, description: 'Requests that wait for their time, or for a place among those in flight. What comes when it is full is dropped and counted; what waits already stays.' })

const FIELD = '[0-9*,/-]+'
const NAMED = '([0-9*,/-]|[A-Za-z]{3})+'
const CRON = `^${FIELD} +${FIELD} +${FIELD} +${NAMED} +${NAMED}$`

/** Times that come again: from each start that `cron` says, for as long as `for` says. */
const WindowSchema = Config({
  cron: Type.String({ pattern: CRON, maxLength: 200, 'x-expects': 'five fields as in crontab(5): minute, hour, day of month, month, day of week', description: 'When it begins: minute, hour, day of month, month, day of week (`0 2 * * MON-FRI`).' }),
  zone: Type.String({ default: 'UTC', minLength: 1, maxLength: 64, 'x-expects': 'an IANA time zone such as Europe/Berlin', description: 'The time zone of `cron`, by its IANA name.' }),
  for: Duration({ description: 'How long it lasts, from 1m to 7d, in hours as they pass, whatever clocks are put forward or back meanwhile.' })
})

/** Several of them: an instant belongs where one of them has it. */
export const WindowsSchema = (description: string) => List(WindowSchema, { maxItems: 16, description })

export type DelayConfig = number | { readonly of: number, readonly jitter: number }
export type QueueConfig = { readonly count: number, readonly bytes: number }
export type WindowConfig = { readonly cron: string, readonly zone: string, readonly for: number }

/** The keys of a mirror that say when it sends: `windows` seeks times, `except` avoids them. */
export const TIMING = {
  delay: Type.Optional(DelaySchema),
  windows: Type.Optional(WindowsSchema('Only requests of these times are mirrored.')),
  except: Type.Optional(WindowsSchema('Requests of these times are not mirrored, within `windows` too.')),
  queue: QueueSchema
}
