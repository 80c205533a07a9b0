import { Config, ConfigError, defineFilter, HeaderName, settableHeader, SettableHeaderName, type Exchange } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'map-request-header',
  config: Config({
    from: HeaderName({ description: 'Header to copy the values of.' }),
    to: SettableHeaderName({ description: 'Header that gets them, beside those it has.' })
  }),
  spring: { name: 'MapRequestHeader', args: ['fromHeader', 'toHeader'], toConfig: ({ fromHeader, toHeader }) => ({ from: fromHeader, to: toHeader }) },

  create: ({ from, to }) => {
    const target = to.toLowerCase()
    const source = from.toLowerCase()
    if (source === target) throw new ConfigError('GW_CONFIG_NO_EFFECT', '/to', 'copying a header to itself would only repeat its values')
    const values = source === 'host' ? host : valuesOf(settableHeader(from, '/from'))
    return { request: x => { for (const value of values(x)) x.headers.append(target, value) } }
  }
})

const valuesOf = (name: string) => (x: Exchange): string[] => x.headers.all(name)

/** Host is no field of the exchange: the gateway writes its own towards upstream. */
const host = (x: Exchange): string[] => x.authority === '' ? [] : [x.authority]
