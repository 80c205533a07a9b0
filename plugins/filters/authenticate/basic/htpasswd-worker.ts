import { parentPort } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'

/** The thread that checks passwords, one message at a time: `{ password, hash }` -> whether they fit. */
parentPort?.on('message', ({ password, hash }: { password: string, hash: string }) => {
  parentPort?.postMessage(compareSync(password, hash))
})
