// Holds many keep-alive connections open. Raw sockets: an HTTP client of its own for each would need more memory than the
// server under test, on the same machine.
import { connect, type Socket } from 'node:net'
import type { IdleJob, IdleResult } from '../harness/idle-job.ts'

// Enough to be quick, few enough not to run over the server's backlog.
const AT_A_TIME = 64
const REQUEST = 'GET /orders/7 HTTP/1.1\r\nHost: bench.test\r\n\r\n'

const sockets = new Set<Socket>()

process.on('message', (job: IdleJob) => {
  run(job).then((result) => process.send?.(result), (error: unknown) => { throw error })
})

async function run ({ port, action, count }: IdleJob): Promise<IdleResult> {
  const kept = spread([...sockets], count)
  const times: number[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const socket = kept[next++]
      const elapsed = await use(action === 'open' ? open(port) : socket)
      if (elapsed !== null) times.push(elapsed)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  times.sort((a, b) => a - b)
  return { answered: times.length, open: sockets.size, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) }
}

function open (port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => { socket.destroy() })
  return socket
}

// Resolves with the milliseconds until a whole answer is there, null where there is none.
async function use (socket: Socket | undefined): Promise<number | null> {
  if (socket === undefined || socket.destroyed) return null
  const start = performance.now()
  return new Promise((resolve) => {
    let text = ''
    const settle = (value: number | null): void => {
      socket.off('data', read).off('close', fail)
      resolve(value)
    }
    const fail = (): void => { settle(null) }
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (isWhole(text)) settle(text.startsWith('HTTP/1.1 200') ? performance.now() - start : null)
    }
    socket.on('data', read).on('close', fail)
    socket.write(REQUEST)
  })
}

function isWhole (text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
  return end >= 0 && (length === undefined ? text.endsWith('0\r\n\r\n') : text.length >= end + 4 + Number(length))
}

// Old and new connections alike: every nth of them.
function spread (all: Socket[], count: number): Socket[] {
  const step = Math.max(1, Math.floor(all.length / count))
  return all.filter((_, i) => i % step === 0).slice(0, count)
}

function quantile (sorted: number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN
}
