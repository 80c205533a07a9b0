/** One request that the load makes. */
export interface LoadRequest {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A script for wrk that goes through the requests in order, over and over. They are put together once: wrk has work enough. */
export function luaScript (requests: readonly LoadRequest[]): string {
  const lines = requests.map(({ method, host, path, headers = {} }) =>
    `  requests[#requests + 1] = wrk.format('${method}', '${path}', { ${fields({ Host: host, ...headers })} }${method === 'POST' ? ", ''" : ''})`)
  return `local requests = {}
local next = 0
function init ()
${lines.join('\n')}
end
function request ()
  next = next % #requests + 1
  return requests[next]
end
`
}

function fields (headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers).map(([name, value]) => `['${name}'] = '${value}'`).join(', ')
}
