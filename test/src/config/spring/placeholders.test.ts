/* eslint no-template-curly-in-string: off -- references are what this is about */
import t from 'tap'
import type { LoadedConfig, LoadOptions } from '../../../../src/config/load-config.ts'
import { loadTexts } from '../load.ts'

const load = (text: string, options?: Partial<LoadOptions>): Promise<LoadedConfig> => loadTexts({ 'application.yml': text }, options)

t.test('placeholders come from the environment, the file or their default', async t => {
  const header = async (text: string, env: Record<string, string> = {}, more = '') => {
    const { config } = await load(`${more}\nspring.cloud.gateway.routes: [{ id: a, uri: http://a, predicates: [Path=/a], filters: [{ name: SetRequestHeader, args: { name: X, value: "${text}" } }] }]`, { env })
    return (config.routes[0]!.filters[0]!.config as { value: unknown }).value
  }
  t.equal(await header('${NAME:x}'), 'x')
  t.equal(await header('${NAME:x}', { NAME: 'y' }), 'y')
  t.equal(await header('${NAME:}'), '')
  t.equal(await header('${NAME:x}', { NAME: '' }), '', 'an empty one is one')
  t.equal(await header('${app.base-url:x}', { APP_BASEURL: 'y' }), 'y')
  t.equal(await header('${app.base-url:x}', { 'app.base-url': 'z' }), 'z')
  t.equal(await header('${app.baseUrl:x}', {}, 'app: { base-url: "v${minor:1}" }\nminor: 2'), 'v2')
  t.equal(await header('${A:${B:c}}'), 'c')
  t.equal(await header('${A:http://x:80}'), 'http://x:80')
  t.equal(await header('\\\\${A}'), '${A}')
  t.equal(await header('${PATHS:/a/{id}}'), '/a/{id}')
  await t.rejects(header('${A}'), { errors: [{ code: 'GW_CONFIG_INTERPOLATION', detail: /neither the variable A nor a property A/ }] })
  await t.rejects(header('${a.b}', {}, 'a.b: "${a.b}"'), { errors: [{ code: 'GW_CONFIG_INTERPOLATION', detail: /leads back to itself/ }] })
  await t.rejects(header('${}'), { errors: [{ code: 'GW_CONFIG_INTERPOLATION', detail: /not a reference/ }] })
  await t.rejects(header('$${A:b}'), { errors: [{ code: 'GW_CONFIG_INTERPOLATION', detail: /cannot be written/ }] })
})

t.test('properties that name each other do not make a text without end', async t => {
  const bomb = Array.from({ length: 9 }, (_, i) => `p${i}: "${`\${p${i + 1}}`.repeat(20)}"`).join('\n')
  const start = performance.now()
  await t.rejects(load(`${bomb}\np9: x\nspring.cloud.gateway.routes: [{ id: "\${p0}", uri: http://a, predicates: [Path=/a] }]`), { errors: [{ code: 'GW_CONFIG_INTERPOLATION' }] })
  t.ok(performance.now() - start < 1000)
})

t.test('secrets of a Spring file are masked too', async t => {
  const { redact, config } = await load('spring.cloud.gateway.routes: [{ id: a, uri: http://a, predicates: [Path=/a], filters: ["SetRequestHeader=X, ${API_KEY}"] }]', { env: { API_KEY: 'sesame-open' } })
  t.equal((config.routes[0]!.filters[0]!.config as { value: string }).value, 'sesame-open')
  t.equal(redact('say sesame-open'), 'say ***')
  t.match(JSON.stringify(config.routes[0]!.written), '${API_KEY}')
  t.notMatch(JSON.stringify(config.routes[0]!.written), 'sesame')
})

t.test('an argument that is a bean is left to the filter, which takes it or has it refused', async t => {
  const faults = async (args: string, list = 'filters: [{ name: SetRequestHeader, args: { name: X, value: v, ') => {
    const loading = load(`spring.cloud.gateway.routes: [{ id: a, uri: http://a, predicates: [Path=/a], ${list}${args} } }] }]`)
    return await loading.then(() => [], (error: { errors: { code: string, detail: string }[] }) => error.errors.map(({ code, detail }) => `${code} ${detail}`))
  }
  const noBeans = /^GW_CONFIG_NO_EQUIVALENT Spring's expressions/
  t.match(await faults('key-resolver: "#{@a}"'), [/^GW_CONFIG_NO_EQUIVALENT the argument "keyResolver" of SetRequestHeader/])
  t.match(await faults('rateLimiter: "#{@a}"'), [/^GW_CONFIG_NO_EQUIVALENT the argument "rateLimiter" of SetRequestHeader/])
  t.match(await faults('resolver: "#{@a}"'), [noBeans, /the argument "resolver"/])
  t.match(await faults('key-resolver: { of: "#{@a}" }'), [noBeans, /the argument "keyResolver.of"/])
  t.ok((await faults('key-resolver: "#{@a}"', 'metadata: [{ name: x, args: { ')).some(fault => noBeans.test(fault)), 'nowhere else')
})
