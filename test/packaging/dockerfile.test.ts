import { readFileSync } from 'node:fs'
import t from 'tap'
import { DockerfileParser, type From, type Instruction } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'

const text = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
const dockerfile = text('Dockerfile')
const instructions = DockerfileParser.parse(dockerfile).getInstructions()
const stages = instructions.filter((one): one is From => one.getKeyword() === 'FROM')
const last = instructions.slice(instructions.indexOf(stages.at(-1)!))
const argsOf = (keyword: string, from: readonly Instruction[] = last) =>
  from.filter(one => one.getKeyword() === keyword).map(one => one.getTextContent().slice(keyword.length).trim())

t.test('a linter finds nothing in the Dockerfile', async t => {
  t.same(validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`), [])
  t.equal(validate('FROM node\nSTOPSIGNAL NONE').length, 1, 'and would find something')
})

t.test('every stage starts from a tagged image, the last of them as an unprivileged number', async t => {
  for (const stage of stages) t.match(stage.getImageTag(), /^26-/, stage.getArgumentsContent()!)
  t.same(argsOf('USER'), ['65532:65532'])
  t.notOk(last.slice(last.findIndex(one => one.getKeyword() === 'USER')).some(one => one.getKeyword() === 'RUN' || one.getKeyword() === 'COPY'))
})

t.test('the image has only production dependencies, the built gateway and its own files', async t => {
  const dependencies = instructions.slice(instructions.indexOf(stages[1]!), instructions.indexOf(stages.at(-1)!))
  t.match(argsOf('RUN', dependencies), ['npm ci --omit=dev --omit=optional --ignore-scripts'])
  t.same(argsOf('COPY'), [
    '--from=dependencies /app/node_modules ./node_modules',
    '--from=build /app/dist ./dist',
    'package.json LICENSE routes.yaml ./',
    'routes.yaml /etc/gatehouse/routes.yaml'
  ])
  t.same(argsOf('ADD', instructions), [], 'nothing is fetched from an address')
  t.same(argsOf('RUN'), [])
})

t.test('it can be stopped, and asked whether it lives', async t => {
  t.same(argsOf('STOPSIGNAL'), ['SIGTERM'])
  t.match(argsOf('HEALTHCHECK')[0], 'http://127.0.0.1:9090/livez')
  t.same(argsOf('EXPOSE'), ['8080 9090'])
  t.same(argsOf('ENTRYPOINT'), ['["node", "dist/src/main.js"]'])
  t.same(argsOf('CMD'), ['["run", "/etc/gatehouse/routes.yaml"]'])
})

t.test('everything that is copied is in the build context, and nothing that is not', async t => {
  const letIn = text('.dockerignore').split('\n').filter(line => line.startsWith('!')).map(line => line.slice(1))
  const copied = argsOf('COPY', instructions).filter(args => !args.startsWith('--from')).flatMap(args => args.split(' ').slice(0, -1))
  t.same(letIn.sort(), [...new Set(copied)].sort())
})
