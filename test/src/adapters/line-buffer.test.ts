import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import t, { type Test } from 'tap'
import { LineBuffer } from '../../../src/adapters/line-buffer.ts'

const DISK_FULL = '/dev/full'
const onLinux = { skip: !existsSync(DISK_FULL) && 'there is no /dev/full' }

function open (t: Test, path: string, flags: string | number = 'a'): number {
  const fd = openSync(path, flags)
  t.teardown(() => { closeSync(fd) })
  return fd
}

function toFile (t: Test, maxWaiting = 1e6) {
  const file = `${t.testdir({})}/log`
  const told: number[] = []
  return { told, buffer: new LineBuffer({ fd: open(t, file), maxWaiting, onDropped: lines => { told.push(lines) } }), content: () => readFileSync(file, 'utf8') }
}

t.test('holds lines until a flush', async t => {
  const { buffer, content } = toFile(t)
  buffer.write('a\n')
  buffer.write('b\n')
  t.equal(content(), '')
  buffer.flush()
  t.equal(content(), 'a\nb\n')
  buffer.flush()
  t.equal(content(), 'a\nb\n')
})

t.test('counts what may wait over all lines, and again once they are written', async t => {
  const { buffer, content, told } = toFile(t, 10)
  for (const line of ['12345678\n', 'no\n', 'n\n', '\n', 'no\n']) buffer.write(line)
  buffer.flush()
  t.equal(content(), '12345678\n\n')
  t.same(told, [3])
  buffer.write('12345678\n')
  buffer.flush()
  t.equal(content(), '12345678\n\n12345678\n')
  t.same(told, [3], 'once')
})

t.test('writes what it is told of dropped lines', async t => {
  const file = `${t.testdir({})}/log`
  const buffer: LineBuffer = new LineBuffer({ fd: open(t, file), maxWaiting: 3, onDropped: lines => { buffer.write(`${lines}\n`) } })
  for (const line of ['a\n', 'b\n', 'c\n']) buffer.write(line)
  buffer.flush()
  t.equal(readFileSync(file, 'utf8'), 'a\n2\n')
})

t.test('writes the end of a process while a write is in flight', async t => {
  const { buffer, content } = toFile(t)
  const long = `${'x'.repeat(70_000)}\n`
  buffer.write(long)
  buffer.write('last\n')
  buffer.end()
  t.match(content(), /last\n/)
  await new Promise<void>(resolve => { const look = () => content().length === long.length + 5 ? resolve() : setImmediate(look); look() })
  t.same(content().split('\n').toSorted(), ['', 'last', long.trim()])
})

t.test('gives up lines that a full disk does not take, and goes on', onLinux, async t => {
  const told: number[] = []
  const buffer = new LineBuffer({ fd: open(t, DISK_FULL, 'w'), maxWaiting: 1e6, onDropped: lines => { told.push(lines) } })
  for (let i = 0; i < 3; i++) {
    buffer.write('a\nb\n')
    buffer.flush()
  }
  buffer.write('x'.repeat(70_000))
  await new Promise(setImmediate)
  buffer.flush()
  t.same(told, [], 'there is nobody to tell')
})

t.test('waits for a reader that is slow, not for one that has stopped', { skip: onLinux.skip }, async t => {
  const fifo = `${t.testdir({})}/fifo`
  execFileSync('mkfifo', [fifo])
  const reader = open(t, fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const buffer = new LineBuffer({ fd: open(t, fifo, constants.O_WRONLY | constants.O_NONBLOCK), maxWaiting: 1e6, onDropped: () => {} })
  const line = `${'x'.repeat(79_999)}\n`

  buffer.write(line)
  buffer.flush()
  await new Promise(setImmediate)
  buffer.flush()
  t.pass('comes back although the pipe is full')

  const read = Buffer.alloc(100_000)
  let size = 0
  await new Promise<void>(resolve => {
    const more = () => {
      try {
        size += readSync(reader, read, size, read.length - size, null)
      } catch {
        // Nothing there at the moment
      }
      if (size < line.length) setTimeout(more, 1)
      else resolve()
    }
    more()
  })
  t.equal(read.toString('latin1', 0, size), line)
})
