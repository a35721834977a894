import { setImmediate as immediate } from 'node:timers/promises'
import { charactersIn } from '../../resolvers/events/event-row.ts'
import type { Sink } from '../stream.ts'
import type { TailInput, TailMessage, TailPosition, TailSource } from './tail-source.ts'

/** Maximum number of messages kept for followers slightly behind; the input's limits of one message bound them too. */
const MAX_KEPT_MESSAGES = 16

/** Messages that every follower has are kept for new ones up to this size (characters). */
const MAX_IDLE_LENGTH = 65_536

/** Number of followers that get a small message before the event loop runs other work. */
const GROUP_SIZE = 100
/** Characters of a larger message that followers get before that; each may make a text of its own from it. */
const GROUP_LENGTH = 1_000_000

/** A message, and the position after it. */
interface KeptMessage {
  message: TailMessage
  to: TailPosition
}

/** Joins equal tails of one database, so that each distinct tail has one source, however many readers it has. */
export class TailShares {
  readonly #shares = new Map<string, TailShare>()

  /**
   * Makes a follower of the share that reads the same, at the source's position, and takes over the source. Returns
   * undefined, and does nothing, when that share is at another position.
   */
  join(input: TailInput, source: TailSource): Follower | undefined {
    const { position } = source
    if (!position) return undefined
    const key = JSON.stringify([
      input.queue,
      input.filter ?? null,
      input.granted,
      input.maxEvents,
      input.maxBytes,
    ])
    const known = this.#shares.get(key)
    if (known) {
      if (!known.knows(position)) return undefined
      source.end()
      return known.follow(position)
    }
    const share = new TailShare(source, position, input, () => this.#shares.delete(key))
    this.#shares.set(key, share)
    return share.follow(position)
  }
}

/**
 * Reads the source while a follower has room, and gives each message to all followers that have. The last messages
 * are kept for busy followers; one that falls behind those is dropped from the share.
 */
class TailShare {
  readonly #source: TailSource
  readonly #limits: Pick<TailInput, 'maxEvents' | 'maxBytes'>
  readonly #onEnd: () => void
  /** Kept messages, by the position before them. */
  readonly #kept = new Map<string, KeptMessage>()
  /** Followers at the head that have room for the next message. */
  readonly #ready = new Set<Follower>()
  #eventCount = 0
  #length = 0
  #head: string
  #followerCount = 0
  #reading: Promise<void> | undefined

  constructor(
    source: TailSource,
    head: TailPosition,
    limits: Pick<TailInput, 'maxEvents' | 'maxBytes'>,
    onEnd: () => void,
  ) {
    this.#source = source
    this.#head = head.key
    this.#limits = limits
    this.#onEnd = onEnd
  }

  knows({ key }: TailPosition): boolean {
    return key === this.#head || this.#kept.has(key)
  }

  follow(position: TailPosition): Follower {
    this.#followerCount++
    return new Follower(this, position)
  }

  /** Removes a follower. @returns A promise of the end of reading, when it was the last follower. */
  leave(follower: Follower): Promise<void> | undefined {
    this.#ready.delete(follower)
    if (--this.#followerCount > 0) return undefined
    this.#end()
    return this.#reading
  }

  /** Finds the kept message after a position. */
  messageAfter(position: TailPosition): KeptMessage | undefined {
    return this.#kept.get(position.key)
  }

  /** Registers a follower with room for the next message. @returns False when the share is not at its position. */
  awaitNext(follower: Follower): boolean {
    if (this.#source.isOver || follower.position.key !== this.#head) return false
    this.#ready.add(follower)
    this.#forgetLarge()
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
    const kept = { message, to }
    const from = this.#head
    this.#forget(from)
    this.#kept.set(from, kept)
    this.#head = to.key
    this.#eventCount += countEvents(message)
    this.#length += lengthOf(message)
    // After a failover a gap leads back to where the share has stood before, and what was next there is of the lost past.
    this.#forget(to.key)
    for (const [position, oldest] of this.#kept) {
      if (!this.#isFull || oldest === kept) break
      this.#forget(position)
    }
    const groupSize = Math.max(1, Math.min(GROUP_SIZE, Math.floor(GROUP_LENGTH / lengthOf(message))))
    let given = 0
    for (const follower of [...this.#ready]) {
      // Serving an earlier follower may have ended this one.
      if (!this.#ready.has(follower) || follower.position.key !== from) continue
      if (!follower.take(kept)) this.#ready.delete(follower)
      // Let other work of the process run between groups.
      if (++given % groupSize === 0) await immediate()
    }
    this.#source.given()
    this.#forgetLarge()
  }

  /** Drops large messages that every follower has. */
  #forgetLarge(): void {
    if (this.#length <= MAX_IDLE_LENGTH || this.#ready.size < this.#followerCount) return
    for (const position of this.#kept.keys()) this.#forget(position)
  }

  get #isFull(): boolean {
    const { maxEvents, maxBytes } = this.#limits
    return this.#kept.size > MAX_KEPT_MESSAGES || this.#eventCount > maxEvents || this.#length > maxBytes
  }

  #forget(position: string): void {
    const kept = this.#kept.get(position)
    if (!kept) return
    this.#kept.delete(position)
    this.#eventCount -= countEvents(kept.message)
    this.#length -= lengthOf(kept.message)
  }

  #end(): void {
    if (this.#source.isOver) return
    this.#source.end()
    this.#ready.clear()
    this.#kept.clear()
    this.#onEnd()
  }
}

/** Reads a share for one stream. */
export class Follower {
  readonly #share: TailShare
  #position: TailPosition
  #sink: Sink<TailMessage> | undefined
  #hasLeft = false

  constructor(share: TailShare, position: TailPosition) {
    this.#share = share
    this.#position = position
  }

  /** Position after the last message given. */
  get position(): TailPosition {
    return this.#position
  }

  /** Gives the following messages to a sink. The sink's end means that this follower fell too far behind. */
  follow(sink: Sink<TailMessage>): void {
    this.#sink = sink
    this.#goOn()
  }

  /** Stops; nothing is given after this. @returns A promise of the end of reading, when it was the last follower. */
  leave(): Promise<void> | undefined {
    if (this.#hasLeft) return undefined
    this.#hasLeft = true
    return this.#share.leave(this)
  }

  fail(error: unknown): void {
    this.#sink?.fail(error)
  }

  /** Gives a message to the sink. @returns Whether it has room for the next; if not, this asks for that later. */
  take({ message, to }: KeptMessage): boolean {
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
      const kept = this.#share.messageAfter(this.#position)
      if (!kept) break
      if (!this.take(kept)) return
    }
    if (!this.#share.awaitNext(this)) this.#sink?.end()
  }
}

function countEvents(message: TailMessage): number {
  return message.kind === 'batch' ? message.batch.events.length : 0
}

function lengthOf(message: TailMessage): number {
  return message.kind === 'batch' ? charactersIn(message.batch.events) : 0
}
