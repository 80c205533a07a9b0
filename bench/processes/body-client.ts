// The load with bodies, which wrk cannot make. Takes one job at a time over IPC and answers how long it took.
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { BodyJob, BodyResult } from '../harness/body-job.ts'

const CHUNK = Buffer.alloc(64 * 1024, 'gatehouse ')

process.on('message', (job: BodyJob) => {
  run(job).then((result) => process.send?.(result), (error: unknown) => { throw error })
})

async function run (job: BodyJob): Promise<BodyResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: job.connections })
  const transfer = job.direction === 'down' ? download : upload
  let left = job.count
  const worker = async (): Promise<void> => {
    while (left-- > 0) await transfer(agent, job)
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: job.connections }, worker))
  const seconds = (performance.now() - start) / 1000
  agent.destroy()
  return { seconds }
}

async function download (agent: Agent, { url, bytes }: BodyJob): Promise<void> {
  const response = await send(agent, `${url}/bytes/${bytes}`)
  let count = 0
  for await (const chunk of response) count += (chunk as Buffer).length
  expect(response, count, bytes)
}

async function upload (agent: Agent, { url, bytes }: BodyJob): Promise<void> {
  const response = await send(agent, `${url}/sink`, bytes)
  expect(response, Number(await text(response)), bytes)
}

async function send (agent: Agent, url: string, bytes = 0): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = bytes === 0 ? { agent } : { agent, method: 'POST', headers: { 'content-length': bytes } }
    const sent = request(url, options, resolve)
    sent.on('error', reject)
    let left = bytes
    const pump = (): void => {
      let room = true
      while (left > 0 && room) {
        const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK
        left -= chunk.length
        room = sent.write(chunk)
      }
      if (left > 0) sent.once('drain', pump)
      else sent.end()
    }
    pump()
  })
}

function expect (response: IncomingMessage, got: number, wanted: number): void {
  if (response.statusCode !== 200 || got !== wanted) throw new Error(`status ${response.statusCode}, ${got} bytes instead of ${wanted}`)
}
