import { Config, defineFilter, Type } from '../../src/contract/index.ts'

/** What it has seen: phases by the name of the use. */
export const witnessed: string[] = []

/** A filter that writes down which of its phases ran. */
export const witness = defineFilter({
  name: 'witness',
  config: Config({ name: Type.String({ description: 'Of the use.' }) }),
  shorthand: 'name',
  create: ({ name }) => ({
    request: x => { witnessed.push(`${name} request ${x.path}`) },
    response: x => { witnessed.push(`${name} response ${x.reply!.status}`) },
    done: (_x, { outcome }) => { witnessed.push(`${name} done ${outcome}`) }
  })
})
