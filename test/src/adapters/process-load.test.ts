import t from 'tap'
import { processLoad, type LoadSensors } from '../../../src/adapters/process-load.ts'

/** A process whose event loop the test turns. */
function fakeSensors () {
  const state = { nowMs: 1000, memory: 0.5, timers: 0, asked: 0 }
  let tick = (): void => {}
  let turns: (() => void)[] = []
  const sensors: LoadSensors = {
    nowMs: () => state.nowMs,
    memoryShare: () => {
      state.asked++
      return state.memory
    },
    every: (ms, act) => {
      t.equal(ms, 200)
      state.timers++
      tick = act
      return { stop: () => { state.timers-- } }
    },
    nextTurn: act => { turns.push(act) }
  }
  return {
    state,
    sensors,
    /** The timer fires after so many milliseconds. */
    tick: (afterMs: number) => {
      state.nowMs += afterMs
      tick()
    },
    /** The loop turns once, which takes so long. */
    turn: (ms = 0) => {
      state.nowMs += ms
      const due = turns
      turns = []
      for (const act of due) act()
    }
  }
}

t.test('costs nothing until somebody asks', t => {
  const { state, sensors } = fakeSensors()
  let inFlight = 0
  const load = processLoad({ inFlight: () => inFlight, sensors })
  inFlight = 7
  t.equal(load.inFlight, 7, 'is not measured but counted')
  t.equal(state.timers, 0)
  t.same([load.sample, load.eventLoopDelayMs, load.memoryShare], [0, 0, 0])
  t.same([state.timers, state.asked], [1, 0], 'one timer')
  t.end()
})

t.test('an idle loop has no delay', t => {
  const { sensors, tick, turn } = fakeSensors()
  const load = processLoad({ inFlight: () => 0, sensors })
  t.equal(load.sample, 0)
  tick(200)
  turn()
  t.equal(load.sample, 0, 'not measured yet')
  turn()
  t.same([load.sample, load.eventLoopDelayMs, load.memoryShare], [1, 0, 0.5])
  t.end()
})

t.test('tells how long one turn takes, and forgets it with the next', t => {
  const { state, sensors, tick, turn } = fakeSensors()
  const load = processLoad({ inFlight: () => 0, sensors })
  t.equal(load.eventLoopDelayMs, 0)
  tick(200)
  turn(30)
  turn(80)
  t.same([load.sample, load.eventLoopDelayMs], [1, 80])
  state.memory = 0.9
  tick(90)
  turn()
  turn(1)
  t.same([load.sample, load.eventLoopDelayMs, load.memoryShare], [2, 1, 0.9])
  t.end()
})

t.test('tells of one long pause by how late the timer is', t => {
  const { sensors, tick, turn } = fakeSensors()
  const load = processLoad({ inFlight: () => 0, sensors })
  t.equal(load.memoryShare, 0)
  tick(550)
  turn()
  turn()
  t.equal(load.eventLoopDelayMs, 350)
  tick(200)
  turn()
  turn()
  t.equal(load.eventLoopDelayMs, 0)
  t.end()
})

t.test('a turn that takes longer than a sample is one measurement', t => {
  const { sensors, tick, turn } = fakeSensors()
  const load = processLoad({ inFlight: () => 0, sensors })
  t.equal(load.sample, 0)
  tick(200)
  turn()
  tick(600)
  turn(50)
  t.same([load.sample, load.eventLoopDelayMs], [1, 650])
  turn()
  t.equal(load.sample, 1)
  t.end()
})

t.test('ends with close, also in the middle of a measurement', t => {
  const { state, sensors, tick, turn } = fakeSensors()
  const load = processLoad({ inFlight: () => 0, sensors })
  t.equal(load.sample, 0)
  tick(200)
  turn()
  load.close()
  load.close()
  turn()
  t.same([state.timers, load.sample, state.asked], [0, 0, 0])
  t.equal(state.timers, 0, 'and does not begin again')
  t.end()
})

t.test('measures this process', async t => {
  const load = processLoad({ inFlight: () => 0 })
  t.equal(load.sample, 0)
  while (load.sample === 0) await new Promise(resolve => { setImmediate(resolve) })
  t.ok(load.memoryShare > 0 && load.memoryShare < 1, String(load.memoryShare))
  t.ok(load.eventLoopDelayMs >= 0)
  load.close()
})
