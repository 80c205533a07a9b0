const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  comment: `${from} may import only: ${allowed.join(', ')}`,
  from: { path: `^${from}` },
  to: { path: '^(src|plugins|test|bench|docs)/', pathNot: allowed.map(path => `^${path}`) }
})

/** The directions of the design: main -> cli -> gateway -> { http, admin } -> plan -> contract <- plugins; config, upstream, adapters -> contract. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    layer('contract-is-the-floor', 'src/contract/', ['src/contract/']),
    layer('config-reads-yaml-only', 'src/config/', ['src/config/', 'src/contract/']),
    layer('plan-knows-no-transport', 'src/plan/', ['src/plan/', 'src/contract/']),
    layer('adapters-meet-the-contract', 'src/adapters/', ['src/adapters/', 'src/contract/']),
    layer('identity-meets-the-contract', 'src/identity/', ['src/identity/', 'src/contract/']),
    layer('upstream-meets-the-contract', 'src/upstream/', ['src/upstream/', 'src/contract/']),
    layer('http-drives-plans', 'src/http/', ['src/http/', 'src/plan/', 'src/contract/']),
    layer('admin-reads-plans', 'src/admin/', ['src/admin/', 'src/plan/', 'src/contract/']),
    {
      name: 'only-main-knows-the-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main\\.ts$|cli/|demo/)' },
      to: { path: '^src/(main\\.ts$|cli/|demo/)' }
    },
    {
      name: 'src-names-no-room',
      severity: 'error',
      comment: 'but the demo\'s upstreams verify passports with what the package exports for upstreams',
      from: { path: '^src/', pathNot: '^src/(main\\.ts$|demo/echo-server\\.ts$)' },
      to: { path: '^plugins/' }
    },
    {
      name: 'rooms-see-only-the-contract',
      severity: 'error',
      comment: 'by its index, as an operator\'s own room does',
      from: { path: '^plugins/(filters|predicates)/([^/]+)/' },
      to: { path: '^(src|plugins)/', pathNot: ['^src/contract/index\\.ts$', '^plugins/$1/$2/'] }
    },
    {
      name: 'rooms-take-services',
      severity: 'error',
      comment: 'Redis, sockets and timers come in through Services',
      from: { path: '^plugins/' },
      to: { path: '^(undici|ioredis|fastify|opossum)$|^(node:)?(http|https|net|timers)' }
    },
    {
      name: 'no-test-in-product',
      severity: 'error',
      from: { path: '^(src|plugins)/' },
      to: { path: '^(test|bench|docs|\\.ci)/' }
    },
    {
      name: 'no-dev-dependency-in-product',
      severity: 'error',
      from: { path: '^(src|plugins)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] }
    }
  ],
  options: { tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' }, doNotFollow: { path: 'node_modules' } }
}
