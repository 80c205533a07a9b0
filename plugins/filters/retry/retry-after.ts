const SECONDS = /^\d{1,9}$/
/** The three forms of a date that a recipient takes (RFC 9110 5.6.7): all begin with a day of the week. */
const DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [0-9A-Za-z :-]{10,24}$/

/** How long a `Retry-After` (RFC 9110 10.2.3) asks to wait, in ms; 0 where it says nothing, or nothing that can be understood. */
export function retryAfterMs (value: string | undefined, nowMs: number): number {
  if (value === undefined) return 0
  if (SECONDS.test(value)) return Number(value) * 1000
  if (!DATE.test(value)) return 0
  const at = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
  return Number.isNaN(at) ? 0 : Math.max(0, at - nowMs)
}
