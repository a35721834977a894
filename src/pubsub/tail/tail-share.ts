import { setImmediate as immediate } from 'node:timers/promises'
import type { Sink } from '../stream.ts'
import type { TailInput, TailMessage, TailPosition, TailSource } from './tail-source.ts'

/** What is kept for those who are a little slower than the rest, together with `maxEvents` of the input. */
const MAX_STEPS = 16

/** Of followers that are given a message at once. */
const GROUP_SIZE = 100

/** A message, and where one stands after it. */
interface Step {
  message: TailMessage
  to: TailPosition
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
 * Reads the source while one of its followers has room for more, and gives each message to all who have. The last
 * messages are kept for those who were busy; who stands before them is left behind.
 */
class TailShare {
  readonly #source: TailSource
  readonly #maxEvents: number
  readonly #onEnd: () => void
  /** What comes after a position. */
  readonly #steps = new Map<string, Step>()
  /** At the head, with room for what comes next. */
  readonly #ready = new Set<Follower>()
  #eventCount = 0
  #head: string
  #followerCount = 0
  #reading: Promise<void> | undefined

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
    this.#followerCount++
    return new Follower(this, position)
  }

  /** @returns Resolves when nothing is read any more for those who have left. */
  leave(follower: Follower): Promise<void> | undefined {
    this.#ready.delete(follower)
    if (--this.#followerCount > 0) return undefined
    this.#end()
    return this.#reading
  }

  /** The step that follows, when it is there. */
  stepAfter(position: TailPosition): Step | undefined {
    return this.#steps.get(position.key)
  }

  /** This one has room for what comes next. @returns False when that is not the share's to give. */
  awaitNext(follower: Follower): boolean {
    if (this.#source.isOver || follower.position.key !== this.#head) return false
    this.#ready.add(follower)
    this.#reading ??= this.#readOn()
    return true
  }

  async #readOn(): Promise<void> {
    try {
      while (this.#ready.size > 0) {
        const message = await this.#source.read()
        if (message) await this.#give(message)
        else if (!this.#source.isOver) await this.#source.wait()
      }
    } catch (error) {
      const failed = [...this.#ready]
      this.#ready.clear()
      this.#end()
      for (const follower of failed) follower.fail(error)
    }
    this.#reading = undefined
  }

  async #give(message: TailMessage): Promise<void> {
    const to = this.#source.position
    if (!to) throw new Error('a source that has read stands nowhere')
    const step = { message, to }
    const from = this.#head
    this.#steps.set(from, step)
    this.#head = to.key
    this.#eventCount += countEvents(message)
    for (const [position, oldest] of this.#steps) {
      const isFull = this.#steps.size > MAX_STEPS || this.#eventCount > this.#maxEvents
      if (!isFull || oldest === step) break
      this.#steps.delete(position)
      this.#eventCount -= countEvents(oldest.message)
    }
    let given = 0
    for (const follower of [...this.#ready]) {
      // Somebody else's turn may have been this one's end.
      if (!this.#ready.has(follower) || follower.position.key !== from) continue
      if (!follower.take(step)) this.#ready.delete(follower)
      // Everybody else has a turn between groups.
      if (++given % GROUP_SIZE === 0) await immediate()
    }
  }

  #end(): void {
    if (this.#source.isOver) return
    this.#source.end()
    this.#ready.clear()
    this.#steps.clear()
    this.#onEnd()
  }
}

/** One reader of a share. */
export class Follower {
  readonly #share: TailShare
  #position: TailPosition
  #sink: Sink<TailMessage> | undefined
  #hasLeft = false

  constructor(share: TailShare, position: TailPosition) {
    this.#share = share
    this.#position = position
  }

  /** After the message that was given last. */
  get position(): TailPosition {
    return this.#position
  }

  /** Gives what comes. The end is that this one was left behind: the share cannot give it what it is owed. */
  follow(sink: Sink<TailMessage>): void {
    this.#sink = sink
    this.#goOn()
  }

  /** Nothing is given after this. @returns Resolves when nothing is read any more on its account. */
  leave(): Promise<void> | undefined {
    if (this.#hasLeft) return undefined
    this.#hasLeft = true
    return this.#share.leave(this)
  }

  fail(error: unknown): void {
    this.#sink?.fail(error)
  }

  /** @returns Whether there is room for the next step; where there is none, this one comes back for it by itself. */
  take({ message, to }: Step): boolean {
    this.#position = to
    const room = this.#sink?.give(message)
    room?.then(
      () => this.#goOn(),
      (error: unknown) => this.fail(error),
    )
    return !room
  }

  #goOn(): void {
    for (;;) {
      if (this.#hasLeft) return
      const step = this.#share.stepAfter(this.#position)
      if (!step) break
      if (!this.take(step)) return
    }
    if (!this.#share.awaitNext(this)) this.#sink?.end()
  }
}

function countEvents(message: TailMessage): number {
  return message.kind === 'batch' ? message.batch.events.length : 0
}
