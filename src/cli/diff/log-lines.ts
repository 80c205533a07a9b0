import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { StringDecoder } from 'node:string_decoder'
import { pipeline, type Readable } from 'node:stream'

/** No request the gateway takes makes a longer line; a file without line ends must not fill memory. */
const MAX_LINE = 65_536

/** The lines of a file one by one, however large it is; null for one that is too long. A name that ends in `.gz` is unpacked. Rejects with the system's error. */
export async function * logLines (path: string): AsyncGenerator<string | null> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let isLong = false
  for await (const chunk of opened(path)) {
    const lines = (rest + decoder.write(chunk as Buffer)).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      yield isLong || line.length > MAX_LINE ? null : line.replace(/\r$/, '')
      isLong = false
    }
    if (rest.length > MAX_LINE) {
      isLong = true
      rest = ''
    }
  }
  if (isLong || rest !== '') yield isLong ? null : rest
}

function opened (path: string): Readable {
  const file = createReadStream(path)
  // What goes wrong in the file is told by the end of the pipe
  return path.endsWith('.gz') ? pipeline(file, createGunzip(), () => {}) : file
}
