import t from 'tap'
import { GatewayError } from '../../../src/contract/index.ts'
import { lostConnection, upstreamError } from '../../../src/upstream/upstream-error.ts'

const withCode = (code: string): Error => Object.assign(new Error('x'), { code })

t.test('every way a call can fail has its code', async t => {
  const expected = {
    UND_ERR_CONNECT_TIMEOUT: 'GW_CONNECT_TIMEOUT',
    ETIMEDOUT: 'GW_CONNECT_TIMEOUT',
    UND_ERR_HEADERS_TIMEOUT: 'GW_HEAD_TIMEOUT',
    UND_ERR_BODY_TIMEOUT: 'GW_IDLE_TIMEOUT',
    ECONNREFUSED: 'GW_UPSTREAM_UNREACHABLE',
    ENOTFOUND: 'GW_UPSTREAM_UNREACHABLE',
    EHOSTUNREACH: 'GW_UPSTREAM_UNREACHABLE',
    ECONNRESET: 'GW_UPSTREAM_RESET',
    EPIPE: 'GW_UPSTREAM_RESET',
    UND_ERR_SOCKET: 'GW_UPSTREAM_RESET',
    '': 'GW_UPSTREAM_RESET',
    HPE_INVALID_CONSTANT: 'GW_UPSTREAM_PROTOCOL',
    UND_ERR_HEADERS_OVERFLOW: 'GW_REPLY_TOO_LARGE',
    HPE_HEADER_OVERFLOW: 'GW_REPLY_TOO_LARGE',
    UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'GW_UPSTREAM_PROTOCOL',
    ERR_TLS_CERT_ALTNAME_INVALID: 'GW_UPSTREAM_TLS',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'GW_UPSTREAM_TLS',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'GW_UPSTREAM_TLS',
    CERT_HAS_EXPIRED: 'GW_UPSTREAM_TLS',
    ERR_SSL_WRONG_VERSION_NUMBER: 'GW_UPSTREAM_TLS',
    EPROTO: 'GW_UPSTREAM_TLS',
    ERR_OSSL_X: 'GW_UPSTREAM_TLS',
    UND_ERR_DESTROYED: 'GW_STOPPING'
  }
  for (const [code, ours] of Object.entries(expected)) t.equal(upstreamError(withCode(code)).code, ours, code)
  t.equal(upstreamError(Object.assign(new Error('x'), { name: 'HTTPParserError', code: undefined })).code, 'GW_UPSTREAM_PROTOCOL')
})

t.test('what a client has caused is never the upstream\'s fault, so that nobody can open a breaker from outside', async t => {
  for (const code of ['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH']) {
    const { code: ours } = upstreamError(withCode(code))
    t.match(ours, /GW_BAD_(REQUEST|BODY)/)
  }
})

t.test('an error that is ours already stays what it is', async t => {
  const error = new GatewayError('GW_TOTAL_TIMEOUT')
  t.equal(upstreamError(error), error)
})

t.test('only a lost connection looks like one that was idle for too long', async t => {
  t.same(['ECONNRESET', 'UND_ERR_SOCKET', 'ECONNREFUSED', 'UND_ERR_HEADERS_TIMEOUT', 'HPE_X', 'UND_ERR_INVALID_ARG'].map(code => lostConnection(withCode(code))), [true, true, false, false, false, false])
})
