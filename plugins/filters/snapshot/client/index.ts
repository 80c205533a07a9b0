/** `gatehouse/snapshot`: for services that are tried as shadows. Needs nothing but Node, and a Redis client that is handed in. */
export { isShadow, onward, requestId, type RequestHeaders } from './request-headers.ts'
export { SnapshotMissing } from './snapshot-missing.ts'
export { snapshots, type RememberOptions, type SnapshotRedis, type Snapshots, type SnapshotsOptions } from './snapshots.ts'
