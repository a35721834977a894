import type { Caller } from '../../caller.ts'
import { requireGrant } from '../../resolvers/grants.ts'
import type { LiveView } from '../live-view.ts'
import { PullSink } from '../pull-sink.ts'
import type { Sink, Stream } from '../stream.ts'
import type { Follower } from './tail-share.ts'
import { type TailInput, type TailMessage, TailSource } from './tail-source.ts'

/**
 * Gives the batches of a queue as a shared log: from a cursor, or from now on when `after` is null, without a
 * registered consumer. Streams that have caught up share one reader; a stream that falls behind reads by itself until
 * it has caught up again.
 *
 * @throws PgqError `QUEUE_NOT_FOUND`, `FORBIDDEN` where the caller may read none of its events.
 */
export function tail(view: LiveView, caller: Caller, input: Omit<TailInput, 'granted'>): Stream<TailMessage> {
  const place = { database: view.name, queue: input.queue }
  const granted = caller.access.filtersOf(place)
  if (granted?.length === 0) requireGrant(caller, { verbs: ['read'], place })
  return view.live.streams.add(new Tail(view, { ...input, granted }))
}

/** Reads alone or with others. Thousands may wait, so a waiting one holds no promise, timer or controller. */
class Tail implements Stream<TailMessage>, Sink<TailMessage> {
  readonly closed: Promise<void>
  readonly #view: LiveView
  readonly #input: TailInput
  #resolveClosed = () => {}
  /** Source of the stream while it reads alone. */
  #source: TailSource | undefined
  /** Follower of a shared reader while the stream is caught up. */
  #follower: Follower | undefined
  #reading: Promise<void> | undefined
  #sink: Sink<TailMessage> | undefined
  #pulled: PullSink<TailMessage> | undefined
  #isOver = false

  constructor(view: LiveView, input: TailInput) {
    this.#view = view
    this.#input = input
    this.#source = new TailSource(view, view.live.feed, input)
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  pipe(sink: Sink<TailMessage>): void {
    this.#sink = sink
    if (this.#isOver) sink.end()
    else this.#reading = this.#readAlone(sink)
  }

  next(): Promise<IteratorResult<TailMessage, undefined>> {
    const pulled = this.#pulled ?? new PullSink()
    const next = pulled.next()
    if (!this.#pulled) {
      this.#pulled = pulled
      this.pipe(pulled)
    }
    return next
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#close(() => this.#sink?.end())
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Reads by itself until it can join a shared reader. */
  async #readAlone(sink: Sink<TailMessage>): Promise<void> {
    const source = this.#source
    try {
      while (source && !this.#isOver) {
        const given = await this.#giveNext(source, sink)
        if (this.#isOver) return
        if (given) {
          if (given.room) await given.room
          continue
        }
        this.#follower = this.#view.live.tails.join(this.#input, source)
        if (this.#follower) break
        await source.wait()
      }
    } catch (error) {
      this.fail(error)
    }
    if (!this.#follower || this.#isOver) return
    this.#source = undefined
    this.#reading = undefined
    this.#follower.follow(this)
  }

  /** Gives the next message, which nothing here keeps while its reader has no room. @returns Null where there is none. */
  async #giveNext(
    source: TailSource,
    sink: Sink<TailMessage>,
  ): Promise<{ room: Promise<unknown> | undefined } | null> {
    const message = await source.read()
    if (!message || this.#isOver) return null
    const room = sink.give(message)
    source.given()
    return { room }
  }

  /** Passes on a message of the shared reader. */
  give(message: TailMessage): Promise<unknown> | undefined {
    return this.#sink?.give(message)
  }

  /** Continues alone, because this stream was too slow for the shared reader. */
  end(): void {
    const follower = this.#follower
    const sink = this.#sink
    if (!follower || !sink || this.#isOver) return
    this.#follower = undefined
    void follower.leave()
    this.#source = new TailSource(this.#view, this.#view.live.feed, this.#input, follower.position)
    this.#reading = this.#readAlone(sink)
  }

  fail(error: unknown): void {
    this.#close(() => this.#sink?.fail(error))
  }

  #close(tell: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#source?.end()
    const reading = this.#follower?.leave() ?? this.#reading
    tell()
    if (reading) void reading.then(this.#resolveClosed)
    else this.#resolveClosed()
  }
}
