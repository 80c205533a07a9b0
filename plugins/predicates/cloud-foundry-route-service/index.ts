import { Config, definePredicate } from '../../../src/contract/index.ts'

/** What the Cloud Foundry router puts on a request that it sends through a route service. */
const HEADERS = ['x-cf-forwarded-url', 'x-cf-proxy-signature', 'x-cf-proxy-metadata']

export default definePredicate({
  name: 'cloud-foundry-route-service',
  config: Config({}),
  spring: { name: 'CloudFoundryRouteService', args: [] },

  create: () => ({ match: x => HEADERS.every(name => x.headers.has(name)) })
})
