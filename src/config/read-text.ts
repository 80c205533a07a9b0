import { createReadStream } from 'node:fs'

/** Reads a file by its absolute path; throws what makes it unreadable. */
export type ReadFile = (path: string) => Promise<Uint8Array>

/** Bytes of a file, at most `maxBytes` + 1 of them, so that a device or a pipe without end cannot fill the memory. */
export async function readAtMost (path: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(path, { end: maxBytes })) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** The text of a file. Throws where it is larger than `maxBytes` or not UTF-8. */
export async function readText (path: string, maxBytes: number, readFile: ReadFile = file => readAtMost(file, maxBytes)): Promise<string> {
  const bytes = await readFile(path)
  if (bytes.length > maxBytes) throw new Error(`larger than ${maxBytes / 1024 ** 2} MiB`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('not UTF-8 text')
  }
}
