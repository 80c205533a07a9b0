import type { End, Fallback } from '../contract/reply.ts'
import type { Delivery } from './delivery.ts'

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** Where access lines go, and the wall clock they are stamped by. */
export interface AccessLogOptions {
  /** Takes one whole JSON line with its line break. */
  readonly write: (line: string) => void
  readonly now: () => number
}

/**
 * One JSON line for each exchange, in ECS names; durations in nanoseconds as ECS has them. Written by hand: the keys are fixed, and a
 * general serialiser cost a request 6 us more than this (`npm run bench -- proxy`, the row with the access log).
 */
export function accessLog ({ write, now }: AccessLogOptions): (delivery: Delivery, end: End) => void {
  let stampedMs = NaN
  let stamp = ''
  return (delivery, end) => {
    const nowMs = now()
    if (nowMs !== stampedMs) {
      stampedMs = nowMs
      stamp = new Date(nowMs).toISOString()
    }
    write(`{"@timestamp":"${stamp}","log.level":"info","message":"request",${request(delivery)},${response(delivery, end)}}\n`)
  }
}

function request ({ req, x }: Delivery): string {
  const user = x.principal === null ? '' : `,"user.id":${text(x.principal.subject)}`
  return `"http.request.id":${text(x.id)},"http.request.method":${text(req.method ?? '')},"url.domain":${text(x.host)},"url.path":${text(x.originalPath)},"client.address":${text(x.client.address)}${user}`
}

function response ({ x, reply }: Delivery, end: End): string {
  const { timing } = x
  let line = `"http.response.status_code":${reply?.status ?? 499},"http.request.body.bytes":${end.bytesIn},"http.response.body.bytes":${end.bytesOut},"event.duration":${nanos(timing.end - timing.start)}`
  if (timing.head > 0) line += `,"gatehouse.head":${nanos(timing.head - timing.start)}`
  if (x.route !== null) line += `,"gatehouse.route":${text(x.route.id)}`
  if (x.endpoint !== null) line += `,"gatehouse.upstream":${text(x.endpoint)}`
  line += standIn(x.fallback)
  if (x.attempt > 1) line += `,"gatehouse.attempts":${x.attempt}`
  if (end.outcome !== 'complete') line += `,"gatehouse.outcome":"${end.outcome}"`
  return end.code === null ? line : `${line},"error.code":"${end.code}"${x.reason === null ? '' : `,"event.reason":${text(x.reason)}`}`
}

/** What has answered in another's place, and what the answer would have been. */
const standIn = (fallback: Fallback | null): string => fallback === null
  ? ''
  : `,"gatehouse.fallback":"${fallback.kind}","gatehouse.fallback_for":"${fallback.code ?? `HTTP_${fallback.status}`}"`

const text = (value: string): string => PLAIN.test(value) ? `"${value}"` : JSON.stringify(value).replace(ODD, escaped)

/** What terminals obey and other readers take for the end of a line (U+009B, U+2028): logs stay ASCII. */
const ODD = /[\x7f-\uffff]/g
const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

const nanos = (ms: number): number => Math.round(ms * 1e6)
