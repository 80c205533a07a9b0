import type { Services } from '../../../../src/contract/index.ts'

const TURN_MS = 1000
/** Each turn comes up to this part sooner, so that processes do not all ask at the same moment. */
const JITTER = 0.2
/** After so many turns in which nobody has asked for any it rests: what is not used costs nothing. */
const IDLE_TURNS = 10

/** Does something every second while it is asked for, and one thing at a time: what was read before a change must not be believed after it. */
export class Turns {
  readonly #turn: () => Promise<void>
  readonly #services: Pick<Services, 'clock' | 'random'>
  readonly #stop = new AbortController()
  #idle = 0
  #awake = false
  #last: Promise<unknown> = Promise.resolve()

  /** `turn` must not reject. */
  constructor (turn: () => Promise<void>, services: Pick<Services, 'clock' | 'random'>) {
    this.#turn = turn
    this.#services = services
  }

  get isOver (): boolean { return this.#stop.signal.aborted }

  /** Somebody asks: turns go on, the first of them now where it has rested. */
  touch (): void {
    this.#idle = 0
    if (!this.#awake && !this.isOver) void this.#run()
  }

  /** Does it when what was begun before has ended. */
  alone<T> (act: () => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      this.#stop.signal.throwIfAborted()
      return await act()
    })
    this.#last = done.catch(() => {})
    return done
  }

  /** Ends it, when what is under way has ended. */
  async close (): Promise<void> {
    this.#stop.abort()
    await this.#last
  }

  async #run (): Promise<void> {
    const { clock, random } = this.#services
    this.#awake = true
    try {
      while (this.#idle++ < IDLE_TURNS) {
        await this.alone(this.#turn)
        await clock.sleep(TURN_MS * (1 - JITTER * random.next()), this.#stop.signal)
      }
    } catch (error) {
      if (!this.isOver) throw error
    } finally {
      this.#awake = false
    }
  }
}
