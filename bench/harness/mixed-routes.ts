/** A route of the kinds that a real file mixes, and one request that belongs to it. */
export interface MixedRoute {
  readonly id: string
  readonly predicates: readonly object[]
  request (serial: number): { readonly method: string, readonly host: string, readonly path: string }
}

const HOST = 'bench.test'

/** `count` routes in a fixed mix: literal paths, captured segments, whole subtrees, by method, and by host. */
export function mixedRoutes (count: number): MixedRoute[] {
  return Array.from({ length: count }, (_, i) => KINDS[i % KINDS.length]!(i))
}

const KINDS: ReadonlyArray<(i: number) => MixedRoute> = [literal, captured, subtree, byMethod, byHost]

function literal (i: number): MixedRoute {
  return route(i, [{ path: `/static-${i}/about` }], () => ({ path: `/static-${i}/about` }))
}

function captured (i: number): MixedRoute {
  return route(i, [{ path: `/shop-${i}/orders/{id}` }], (serial) => ({ path: `/shop-${i}/orders/${serial}` }))
}

function subtree (i: number): MixedRoute {
  return route(i, [{ path: `/files-${i}/**` }], (serial) => ({ path: `/files-${i}/a/b/${serial}.txt` }))
}

// Neighbours share the path and differ in the method alone, as the two halves of a read and write split do.
function byMethod (i: number): MixedRoute {
  const method = i % 2 === 0 ? 'GET' : 'POST'
  const path = `/stock-${Math.floor(i / 10)}/items/{sku}`
  return route(i, [{ path }, { method }], (serial) => ({ method, path: path.replace('{sku}', String(serial)) }))
}

function byHost (i: number): MixedRoute {
  const host = `tenant-${i}.${HOST}`
  return route(i, [{ host }, { path: '/api/**' }], (serial) => ({ host, path: `/api/things/${serial}` }))
}

function route (i: number, predicates: readonly object[], request: (serial: number) => Partial<ReturnType<MixedRoute['request']>>): MixedRoute {
  return { id: `route-${i}`, predicates, request: (serial) => ({ method: 'GET', host: HOST, path: '/', ...request(serial) }) }
}
