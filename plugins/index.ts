import addRequestHeader from './filters/add-request-header/index.ts'
import addRequestHeadersIfNotPresent from './filters/add-request-headers-if-not-present/index.ts'
import addRequestParameter from './filters/add-request-parameter/index.ts'
import addResponseHeader from './filters/add-response-header/index.ts'
import authenticate from './filters/authenticate/index.ts'
import authorize from './filters/authorize/index.ts'
import cacheRequestBody from './filters/cache-request-body/index.ts'
import circuitBreaker from './filters/circuit-breaker/index.ts'
import clientCredentials from './filters/client-credentials/index.ts'
import concurrencyLimit from './filters/concurrency-limit/index.ts'
import cors from './filters/cors/index.ts'
import dedupeResponseHeader from './filters/dedupe-response-header/index.ts'
import fallbackHeaders from './filters/fallback-headers/index.ts'
import fault from './filters/fault/index.ts'
import hedge from './filters/hedge/index.ts'
import loadShed from './filters/load-shed/index.ts'
import login from './filters/login/index.ts'
import mapRequestHeader from './filters/map-request-header/index.ts'
import passport from './filters/passport/index.ts'
import prefixPath from './filters/prefix-path/index.ts'
import preserveHostHeader from './filters/preserve-host-header/index.ts'
import rateLimit from './filters/rate-limit/index.ts'
import redirectTo from './filters/redirect-to/index.ts'
import removeJsonAttributesResponseBody from './filters/remove-json-attributes-response-body/index.ts'
import removeRequestHeader from './filters/remove-request-header/index.ts'
import removeRequestParameter from './filters/remove-request-parameter/index.ts'
import removeResponseHeader from './filters/remove-response-header/index.ts'
import requestHeaderSize from './filters/request-header-size/index.ts'
import requestSize from './filters/request-size/index.ts'
import respond from './filters/respond/index.ts'
import retry from './filters/retry/index.ts'
import rewriteLocationResponseHeader from './filters/rewrite-location-response-header/index.ts'
import rewritePath from './filters/rewrite-path/index.ts'
import rewriteRequestParameter from './filters/rewrite-request-parameter/index.ts'
import rewriteResponseHeader from './filters/rewrite-response-header/index.ts'
import sanitize from './filters/sanitize/index.ts'
import secureHeaders from './filters/secure-headers/index.ts'
import setPath from './filters/set-path/index.ts'
import setRequestHeader from './filters/set-request-header/index.ts'
import setRequestHostHeader from './filters/set-request-host-header/index.ts'
import setRequestUri from './filters/set-request-uri/index.ts'
import setResponseHeader from './filters/set-response-header/index.ts'
import setStatus from './filters/set-status/index.ts'
import shadow from './filters/shadow/index.ts'
import snapshot from './filters/snapshot/index.ts'
import stripPrefix from './filters/strip-prefix/index.ts'
import timeout from './filters/timeout/index.ts'
import tokenExchange from './filters/token-exchange/index.ts'
import tokenRelay from './filters/token-relay/index.ts'
import after from './predicates/after/index.ts'
import before from './predicates/before/index.ts'
import between from './predicates/between/index.ts'
import cloudFoundryRouteService from './predicates/cloud-foundry-route-service/index.ts'
import cookie from './predicates/cookie/index.ts'
import expression from './predicates/expression/index.ts'
import header from './predicates/header/index.ts'
import host from './predicates/host/index.ts'
import method from './predicates/method/index.ts'
import path from './predicates/path/index.ts'
import query from './predicates/query/index.ts'
import readBody from './predicates/read-body/index.ts'
import remoteAddr from './predicates/remote-addr/index.ts'
import version from './predicates/version/index.ts'
import weight from './predicates/weight/index.ts'
import xForwardedRemoteAddr from './predicates/x-forwarded-remote-addr/index.ts'

/** Every room of the gateway. To add a feature, add its folder and one line here. */
export const filters = [
  addRequestHeader,
  addRequestHeadersIfNotPresent,
  addRequestParameter,
  addResponseHeader,
  authenticate,
  authorize,
  cacheRequestBody,
  circuitBreaker,
  clientCredentials,
  concurrencyLimit,
  cors,
  dedupeResponseHeader,
  fallbackHeaders,
  fault,
  hedge,
  loadShed,
  login,
  mapRequestHeader,
  passport,
  prefixPath,
  preserveHostHeader,
  rateLimit,
  redirectTo,
  removeJsonAttributesResponseBody,
  removeRequestHeader,
  removeRequestParameter,
  removeResponseHeader,
  requestHeaderSize,
  requestSize,
  respond,
  retry,
  rewriteLocationResponseHeader,
  rewritePath,
  rewriteRequestParameter,
  rewriteResponseHeader,
  sanitize,
  secureHeaders,
  setPath,
  setRequestHeader,
  setRequestHostHeader,
  setRequestUri,
  setResponseHeader,
  setStatus,
  shadow,
  snapshot,
  stripPrefix,
  timeout,
  tokenExchange,
  tokenRelay
]
export const predicates = [
  after,
  before,
  between,
  cloudFoundryRouteService,
  cookie,
  expression,
  header,
  host,
  method,
  path,
  query,
  readBody,
  remoteAddr,
  version,
  weight,
  xForwardedRemoteAddr
]
