/** `gatehouse/testing`: what the test of a room needs. The package's second entry point. */
export * from './exchange.ts'
export * from './fake-identity.ts'
export * from './fakes.ts'
export * from './manual-clock.ts'
export * from './mount.ts'
