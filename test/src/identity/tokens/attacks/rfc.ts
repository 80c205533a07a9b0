import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto'
import type { KeySource } from '../../../../../src/identity/keys/verification-key.ts'
import type { RefusalReason } from '../../../../../src/contract/identity.ts'
import { base64url, keySource, token, verificationKey, type IssuerOver } from './lab.ts'

/** An example of an RFC, at the time it was good. */
export interface Example {
  readonly name: string
  readonly token: string
  readonly keys: KeySource
  readonly config: IssuerOver
  readonly outcome: 'accepted' | RefusalReason
}

/** When the examples of RFC 7515 and 7519 expire, in seconds. */
export const EXP = 1_300_819_380

const PAYLOAD = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'
const HS_KEY = Buffer.from('AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow', 'base64url')
const RSA = { kty: 'RSA', e: 'AQAB', n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ' }
const P256 = { kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0' }
const P521 = { kty: 'EC', crv: 'P-521', x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk', y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2', d: 'AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM9mE15j2C' }
const ED = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' }

const publicKeys = (jwk: object, alg: string): KeySource => keySource([verificationKey(null, createPublicKey({ key: jwk, format: 'jwk' } as never), [alg])])
const privateKey = (jwk: object) => createPrivateKey({ key: jwk, format: 'jwk' } as never)
const HS = keySource([verificationKey(null, createSecretKey(HS_KEY), ['HS256'])])

/** Its claims are `iss`, `exp` and one of its own, so that no more can be required of it. */
const joe = (algorithm: string): IssuerOver => ({ issuer: 'joe', algorithms: [algorithm], requiredClaims: ['iss', 'exp'], claims: { subject: 'iss' }, ...(algorithm.startsWith('HS') && { secret: 'x'.repeat(32) }) })
const row = (name: string, text: string, algorithm: string, keys: KeySource, outcome: Example['outcome'], config: IssuerOver = {}): Example => ({ name, token: text, keys, config: { ...joe(algorithm), ...config }, outcome })

const A1 = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`
const A2_SIGNATURE = 'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw'
const A3_SIGNATURE = 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'
const A4 = 'eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn'
const A5 = `eyJhbGciOiJub25lIn0.${PAYLOAD}.`
const ED_A4 = 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg'
const A6 = { payload: PAYLOAD, signatures: [{ protected: 'eyJhbGciOiJSUzI1NiJ9', header: { kid: '2010-12-29' }, signature: A2_SIGNATURE }, { protected: 'eyJhbGciOiJFUzI1NiJ9', header: { kid: 'e9bc097a-ce51-4036-9562-d2ade882db0d' }, signature: A3_SIGNATURE }] }
const A7 = { payload: PAYLOAD, protected: 'eyJhbGciOiJFUzI1NiJ9', header: { kid: 'e9bc097a-ce51-4036-9562-d2ade882db0d' }, signature: A3_SIGNATURE }
const JOE = { iss: 'joe', exp: EXP }

/** Examples of the RFCs, accepted or refused as they say. A JWS whose payload is no JSON object is no JWT (RFC 7519 7.2, 10), however good its signature. */
export const EXAMPLES: readonly Example[] = [
  row('RFC 7515 A.1: HS256', A1, 'HS256', HS, 'accepted'),
  row('RFC 7515 A.1 with the last character changed', `${A1.slice(0, -1)}g`, 'HS256', HS, 'signature'),
  row('RFC 7519 3.1: HS256, the issuer being allowed RS256', A1, 'RS256', HS, 'algorithm'),
  row('RFC 7515 A.2: RS256', `eyJhbGciOiJSUzI1NiJ9.${PAYLOAD}.${A2_SIGNATURE}`, 'RS256', publicKeys(RSA, 'RS256'), 'accepted'),
  row('RFC 7515 A.2, the issuer being allowed PS256', `eyJhbGciOiJSUzI1NiJ9.${PAYLOAD}.${A2_SIGNATURE}`, 'PS256', publicKeys(RSA, 'RS256'), 'algorithm'),
  row('RFC 7515 A.3: ES256', `eyJhbGciOiJFUzI1NiJ9.${PAYLOAD}.${A3_SIGNATURE}`, 'ES256', publicKeys(P256, 'ES256'), 'accepted'),
  row('RFC 7515 A.3 with the header of A.2', `eyJhbGciOiJSUzI1NiJ9.${PAYLOAD}.${A3_SIGNATURE}`, 'RS256', publicKeys(RSA, 'RS256'), 'signature'),
  row('RFC 7515 A.4: ES512 over text that is no JSON', A4, 'ES512', publicKeys(P521, 'ES512'), 'malformed'),
  row('RFC 7515 A.4: its key, over claims', token({ as: 'ES512', key: privateKey(P521), header: { alg: 'ES512' }, claims: JOE }), 'ES512', publicKeys(P521, 'ES512'), 'accepted'),
  row('RFC 7515 A.5: unsecured', A5, 'HS256', HS, 'algorithm'),
  row('RFC 7519 6.1: unsecured', A5, 'RS256', publicKeys(RSA, 'RS256'), 'algorithm'),
  row('RFC 7515 A.6: general JSON serialization', JSON.stringify(A6), 'RS256', publicKeys(RSA, 'RS256'), 'malformed'),
  row('RFC 7515 A.7: flattened JSON serialization', JSON.stringify(A7), 'ES256', publicKeys(P256, 'ES256'), 'malformed'),
  row('RFC 7515 E: crit that nobody understands', `${base64url('{"alg":"none",\r\n "crit":["http://example.invalid/UNDEFINED"],\r\n "http://example.invalid/UNDEFINED":true\r\n}')}.RkFJTA.`, 'HS256', HS, 'algorithm'),
  row('RFC 7515 E, signed', token({ as: 'HS256', key: HS_KEY, header: '{"alg":"HS256",\r\n "crit":["http://example.invalid/UNDEFINED"],\r\n "http://example.invalid/UNDEFINED":true\r\n}', claims: JOE }), 'HS256', HS, 'critical'),
  row('RFC 7797 4.2: unencoded, detached payload', 'eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY', 'HS256', HS, 'critical'),
  row('RFC 7519 A.1: encrypted', 'eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.QR1Owv2ug2WyPBnbQrRARTeEk9kDO2w8qDcjiHnSJflSdv1iNqhWXaKH4MqAkQtM.AxY8DCtDaGlsbGljb3RoZQ.MKOle7UQrG6nSxTLX6Mqwt0orbHvAKeWnDYvpIAeZ72deHxz3roJDXQyhxx0wKaM.fiK51VwhsxJ-siBMR-YFiA', 'RS256', publicKeys(RSA, 'RS256'), 'malformed'),
  row('RFC 7519 A.2: a token in a token', token({ as: 'HS256', key: HS_KEY, header: { alg: 'HS256', cty: 'JWT' }, claims: A1 }), 'HS256', HS, 'type'),
  row('RFC 8037 A.4: Ed25519 over text that is no JSON', ED_A4, 'EdDSA', publicKeys(ED, 'EdDSA'), 'malformed'),
  row('RFC 8037 A.1: its key, over claims', token({ as: 'EdDSA', key: privateKey(ED), header: { alg: 'EdDSA' }, claims: JOE }), 'EdDSA', publicKeys(ED, 'EdDSA'), 'accepted'),
  row('RFC 8725 3.1: an algorithm the caller did not allow', A1, 'HS512', HS, 'algorithm'),
  row('RFC 8725 3.5: a secret shorter than the hash', token({ as: 'HS256', key: 'short', header: { alg: 'HS256' }, claims: JOE }), 'HS256', keySource([verificationKey(null, createSecretKey(Buffer.from('short')), ['HS256'])]), 'unknown-key'),
  row('RFC 8725 3.8: another issuer', A1, 'HS256', HS, 'unknown-issuer', { issuer: 'jo' }),
  row('RFC 8725 3.9: no audience where one is required', A1, 'HS256', HS, 'missing-claim', { requiredClaims: ['aud'] }),
  row('RFC 8725 3.11: no type where one is required', `eyJhbGciOiJSUzI1NiJ9.${PAYLOAD}.${A2_SIGNATURE}`, 'RS256', publicKeys(RSA, 'RS256'), 'type', { types: 'at+jwt' }),
  row('RFC 9068 2.1: at+jwt', token({ as: 'HS256', key: HS_KEY, header: { alg: 'HS256', typ: 'at+JWT' }, claims: JOE }), 'HS256', HS, 'accepted', { types: 'at+jwt' })
]
