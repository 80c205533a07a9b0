// Loaded before another program (`node --expose-gc --import with-gc.ts program.ts`): collects garbage when it is asked
// to over the IPC channel, and answers when that is done. The program itself notices nothing.
const { gc } = globalThis
if (gc === undefined) throw new Error('with-gc needs node --expose-gc')

process.on('message', () => {
  collect()
  // Once more: what finalizers of the first collection let go of, the second takes away.
  setImmediate(() => {
    collect()
    process.send?.({ heapBytes: process.memoryUsage().heapUsed })
  })
})

// The last resort also gives emptied pages back, which an ordinary collection keeps for later: RSS would show those.
function collect (): void {
  gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

// Listening to the channel must not keep the program alive that would otherwise end.
process.channel?.unref()
