import { Config, defineFilter, springNumber, Type, type Exchange } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'strip-prefix',
  config: Config({
    parts: Type.Integer({ minimum: 1, default: 1, description: 'How many segments are taken off the front of the path.' }),
    forwardPrefix: Type.Boolean({ default: false, description: 'Tell upstream in X-Forwarded-Prefix what was taken off.' })
  }),
  shorthand: 'parts',
  spring: { name: 'StripPrefix', args: ['parts'], toConfig: ({ parts }) => ({ parts: springNumber(parts) }) },

  create: ({ parts, forwardPrefix }) => ({
    request: x => {
      const { path } = x
      let at = 0
      for (let i = 0; i < parts && at >= 0; i++) at = path.indexOf('/', at + 1)
      if (forwardPrefix) forward(x, at < 0 ? path : path.slice(0, at))
      x.path = at < 0 ? '/' : path.slice(at)
    }
  })
})

/** A second strip, or a trusted proxy before us, has taken off what stands further left. */
function forward (x: Exchange, stripped: string): void {
  const prefix = stripped.replace(/\/$/, '')
  if (prefix !== '') x.headers.set('x-forwarded-prefix', (x.headers.first('x-forwarded-prefix') ?? '') + prefix)
}
