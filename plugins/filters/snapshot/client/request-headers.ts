/** Headers of a request as Node has them, or as Fetch does. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>> | { get (name: string): string | null }

const ID = 'x-request-id'
const MARK = 'x-gatehouse-shadow'
/** What the gateway takes for an id. Nothing else becomes a part of a key. */
const REQUEST_ID = /^[\w\-.:+/=]{1,128}$/

/** Whether the request is a copy: nobody gets the answer to it. The gateway takes the header from clients, so it is true only where the service is asked by the gateway alone. */
export const isShadow = (headers: RequestHeaders): boolean => valueOf(headers, MARK) !== null

/** The id that live request and copies have in common; null where there is none. */
export function requestId (headers: RequestHeaders): string | null {
  const id = valueOf(headers, ID)
  return id !== null && REQUEST_ID.test(id) ? id : null
}

/** The headers to put on each call that the service makes for this request, so that the next one knows which request it is for, and that it is a copy. */
export function onward (headers: RequestHeaders): Record<string, string> {
  const id = requestId(headers)
  const mark = valueOf(headers, MARK)
  return { ...id !== null && { [ID]: id }, ...mark !== null && { [MARK]: mark } }
}

/** Null where it is repeated: two ids are none. */
function valueOf (headers: RequestHeaders, name: string): string | null {
  const value = typeof headers.get === 'function' ? headers.get(name) : (headers as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' ? value : null
}
