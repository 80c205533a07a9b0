import { Config, defineFilter, ERRORS, SettableHeaderName, type Fallback } from '../../../src/contract/index.ts'

export default defineFilter({
  name: 'fallback-headers',
  config: Config({
    type: SettableHeaderName({ default: 'Execution-Exception-Type', description: 'Header that tells what went wrong: the code of the gateway (`GW_HEAD_TIMEOUT`), or `HTTP_503` for an answer of upstream.' }),
    message: SettableHeaderName({ default: 'Execution-Exception-Message', description: 'Header that tells the same in words.' }),
    rootType: SettableHeaderName({ default: 'Root-Cause-Exception-Type', description: 'Header that tells what was behind it: nothing else is known, so that it says what `type` says.' }),
    rootMessage: SettableHeaderName({ default: 'Root-Cause-Exception-Message', description: 'Header that tells the same in words.' })
  }),
  spring: {
    name: 'FallbackHeaders',
    args: ['executionExceptionTypeHeaderName', 'executionExceptionMessageHeaderName', 'rootCauseExceptionTypeHeaderName', 'rootCauseExceptionMessageHeaderName'],
    toConfig: args => ({
      type: args['executionExceptionTypeHeaderName'],
      message: args['executionExceptionMessageHeaderName'],
      rootType: args['rootCauseExceptionTypeHeaderName'],
      rootMessage: args['rootCauseExceptionMessageHeaderName']
    })
  },

  create: ({ type, message, rootType, rootMessage }) => {
    const types = [type, rootType].map(name => name.toLowerCase())
    const messages = [message, rootMessage].map(name => name.toLowerCase())
    const all = [...types, ...messages]
    return {
      request: ({ headers, fallback }) => {
        // Whoever comes here on its own account has failed nowhere
        for (const name of all) headers.delete(name)
        if (fallback === null) return
        const [what, inWords] = told(fallback)
        for (const name of types) headers.put(name, what)
        for (const name of messages) headers.put(name, inWords)
      },
      ownHeaders: all
    }
  }
})

/** What the answer would have been, for machines and for people. Nothing in it comes from a client or an upstream. */
function told ({ code, status }: Fallback): readonly [type: string, message: string] {
  return code === null ? [`HTTP_${status}`, `The upstream answered ${status}`] : [code, ERRORS[code].title]
}
