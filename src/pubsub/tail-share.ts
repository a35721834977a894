import { setImmediate as immediate } from 'node:timers/promises'
import type { TailInput, TailMessage, TailPosition, TailSource } from './tail-source.ts'

/** What is kept for those who are a little slower than the rest, together with `maxEvents` of the input. */
const MAX_STEPS = 16

/** Of readers that are given a message at once. */
const GROUP_SIZE = 100

/** A message, and where one stands after it. */
interface Step {
  message: TailMessage
  to: TailPosition
}

interface Waiting {
  resolve(step: Step | undefined): void
  reject(error: unknown): void
}

/** The tails of one database that were found to be the same: one source for each, whatever the number of its readers. */
export class TailShares {
  readonly #shares = new Map<string, TailShare>()

  /**
   * Reads on together with those who read the same, from where the source stands; the source is not the caller's any
   * more. Undefined, and nothing done, when they stand elsewhere.
   */
  join(input: TailInput, source: TailSource): Follower | undefined {
    const { position } = source
    if (!position) return undefined
    const key = JSON.stringify([input.queue, input.filter ?? null, input.maxEvents])
    const known = this.#shares.get(key)
    if (known) {
      if (!known.knows(position)) return undefined
      source.end()
      return known.follow(position)
    }
    const share = new TailShare(source, position, input.maxEvents, () => this.#shares.delete(key))
    this.#shares.set(key, share)
    return share.follow(position)
  }
}

/**
 * Reads the source when somebody waits at its head, and gives each message to all who do. The last messages are kept for
 * those who were busy; who stands before them is left behind.
 */
class TailShare {
  readonly #source: TailSource
  readonly #maxEvents: number
  readonly #onEnd: () => void
  readonly #ending = new AbortController()
  /** What comes after a position. */
  readonly #steps = new Map<string, Step>()
  readonly #waiting = new Set<Waiting>()
  #eventCount = 0
  #head: string
  #followers = 0
  #isReading = false

  constructor(source: TailSource, head: TailPosition, maxEvents: number, onEnd: () => void) {
    this.#source = source
    this.#head = head.key
    this.#maxEvents = maxEvents
    this.#onEnd = onEnd
  }

  knows({ key }: TailPosition): boolean {
    return key === this.#head || this.#steps.has(key)
  }

  follow(position: TailPosition): Follower {
    this.#followers++
    return new Follower(this, position)
  }

  leave(waiting: Waiting | undefined): void {
    if (waiting) this.#waiting.delete(waiting)
    if (--this.#followers === 0) this.#end()
  }

  /** The step that follows, when it is there. */
  stepAfter(position: TailPosition): Step | undefined {
    return this.#steps.get(position.key)
  }

  /** Waits for the step that follows; at once undefined for a position that is not the head. */
  wait(position: TailPosition, waiting: Waiting): void {
    if (this.#ending.signal.aborted || position.key !== this.#head) {
      waiting.resolve(undefined)
      return
    }
    this.#waiting.add(waiting)
    if (!this.#isReading) void this.#readOn()
  }

  async #readOn(): Promise<void> {
    const { signal } = this.#ending
    this.#isReading = true
    try {
      while (this.#waiting.size > 0 && !signal.aborted) {
        const message = await this.#source.read(signal)
        if (message) await this.#give(message)
        else if (!signal.aborted) await this.#source.wait()
      }
    } catch (error) {
      this.#end()
      for (const { reject } of this.#takeWaiting()) reject(error)
    }
    this.#isReading = false
  }

  async #give(message: TailMessage): Promise<void> {
    const to = this.#source.position
    if (!to) throw new Error('a source that has read stands nowhere')
    const step = { message, to }
    this.#steps.set(this.#head, step)
    this.#head = to.key
    this.#eventCount += countEvents(message)
    for (const [position, oldest] of this.#steps) {
      const isFull = this.#steps.size > MAX_STEPS || this.#eventCount > this.#maxEvents
      if (!isFull || oldest === step) break
      this.#steps.delete(position)
      this.#eventCount -= countEvents(oldest.message)
    }
    for (const [index, { resolve }] of this.#takeWaiting().entries()) {
      // Each group sends its messages before the next one has its turn, and so does everybody else.
      if (index > 0 && index % GROUP_SIZE === 0) await immediate()
      resolve(step)
    }
  }

  #takeWaiting(): Waiting[] {
    const taken = [...this.#waiting]
    this.#waiting.clear()
    return taken
  }

  #end(): void {
    if (this.#ending.signal.aborted) return
    this.#ending.abort()
    this.#source.end()
    this.#steps.clear()
    this.#onEnd()
  }
}

/** One reader of a share. */
export class Follower {
  readonly #share: TailShare
  #position: TailPosition
  #waiting: Waiting | undefined
  #hasLeft = false

  constructor(share: TailShare, position: TailPosition) {
    this.#share = share
    this.#position = position
  }

  /** After the message that was given last. */
  get position(): TailPosition {
    return this.#position
  }

  /** Undefined when this one has left, or was left behind: the share cannot give it what it is owed. */
  next(): Promise<TailMessage | undefined> {
    if (this.#hasLeft) return Promise.resolve(undefined)
    const step = this.#share.stepAfter(this.#position)
    return step ? Promise.resolve(this.#take(step)) : this.#wait()
  }

  leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#waiting?.resolve(undefined)
    this.#share.leave(this.#waiting)
  }

  #take(step: Step): TailMessage {
    this.#position = step.to
    return step.message
  }

  #wait(): Promise<TailMessage | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve: (step) => resolve(step && this.#take(step)), reject }
      this.#share.wait(this.#position, this.#waiting)
    })
  }
}

function countEvents(message: TailMessage): number {
  return message.kind === 'batch' ? message.batch.events.length : 0
}
