import { withDeadline } from '../async/deadline.ts'
import type { PgqError } from '../errors.ts'

/** The source of a stream's values. */
export interface StreamSource<Value> {
  /** Waits for the next value, however long it takes; undefined ends the stream. Never called twice at once. */
  pull(signal: AbortSignal): Promise<Value | undefined>
  /** Makes a waiting `pull` give up. It is called once, when the stream ends, with the error that it was ended with. */
  interrupt?(failure?: { error: unknown }): void
  /** Frees the source's resources. It is called once, when no `pull` is under way any more. */
  close?(): void | Promise<void>
}

/** Receives a stream's values by plain calls, without an iterator. */
export interface Sink<Value> {
  /** Takes a value. A returned promise means: no room for the next one until it resolves. */
  give(value: Value): Promise<unknown> | undefined
  /** Marks the end after the last value. It is called once, and not after `fail`. */
  end(): void
  fail(error: unknown): void
}

export interface Stream<Value> extends AsyncIterableIterator<Value, undefined> {
  /** Gives every value to this sink. Use either this or `next`, not both. */
  pipe(sink: Sink<Value>): void
  /** Resolves when the source is closed, after whatever kind of end. */
  readonly closed: Promise<void>
  return(): Promise<IteratorReturnResult<undefined>>
  /** Ends the stream with an error for its reader, as if its source had failed. */
  fail(error: unknown): void
}

/**
 * Makes an iterator of a source whose `return()` works at any moment: a waiting `next()` ends at once, the signal of
 * `pull` is aborted, and a value that `pull` still finds is dropped. (A generator that waits cannot be ended from
 * outside.) `return()` does not wait for the source to close; use `closed` for that.
 *
 * Nothing here remembers a value that was given out. A `Promise.race` against one "ended" promise would keep every
 * value for as long as the stream lives.
 */
export function createStream<Value>(source: StreamSource<Value>): Stream<Value> {
  const ending = new AbortController()
  const ended = { done: true, value: undefined } as const
  /** Unanswered calls of the reader. The end answers them, with its error if there is one. */
  const waiting = new Set<(failure?: { error: unknown }) => void>()
  let resolveClosed = () => {}
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve
  })
  /** Holds the error of the end while no call of the reader waits for it. */
  let untold: { error: unknown } | undefined
  let lastTurn: Promise<void> = Promise.resolve()

  const end = (failure?: { error: unknown }) => {
    if (ending.signal.aborted) return
    ending.abort()
    if (waiting.size === 0) untold = failure
    for (const giveUp of waiting) giveUp(failure)
    waiting.clear()
    source.interrupt?.(failure)
    const close = async () => source.close?.()
    lastTurn.then(close).then(resolveClosed, resolveClosed)
  }

  const pull = async (): Promise<IteratorResult<Value, undefined>> => {
    if (untold) {
      const { error } = untold
      untold = undefined
      throw error
    }
    if (ending.signal.aborted) return ended
    const value = await source.pull(ending.signal)
    return value === undefined ? ended : { done: false, value }
  }

  const stream: Stream<Value> = {
    closed,
    pipe: (sink) => void giveAll(stream, sink),
    next: () =>
      new Promise((resolve, reject) => {
        const giveUp = (failure?: { error: unknown }) => {
          if (failure) reject(failure.error)
          else resolve(ended)
        }
        waiting.add(giveUp)
        const turn = lastTurn.then(pull).then(
          (result) => {
            waiting.delete(giveUp)
            resolve(result)
            if (result.done) end()
          },
          (error: unknown) => {
            waiting.delete(giveUp)
            reject(error)
            end()
          },
        )
        lastTurn = turn
      }),
    async return() {
      end()
      return ended
    },
    fail: (error) => end({ error }),
    [Symbol.asyncIterator]() {
      return this
    },
  }
  return stream
}

async function giveAll<Value>(stream: Stream<Value>, sink: Sink<Value>): Promise<void> {
  try {
    for await (const value of stream) {
      const room = sink.give(value)
      if (room) await room
    }
  } catch (error) {
    sink.fail(error)
    return
  }
  sink.end()
}

/** Longest wait for streams to release what they hold (milliseconds); a silent database must not block the end. */
const CLOSE_DEADLINE_MS = 4_000

/** Keeps the open streams of a database, so that they can be ended with it. */
export class OpenStreams {
  readonly #streams = new Set<Stream<unknown>>()
  #closing: PgqError | undefined

  get size(): number {
    return this.#streams.size
  }

  /** Adds a stream. @throws after `close`, the error that was given to it. */
  add<Value>(stream: Stream<Value>): Stream<Value> {
    if (this.#closing) {
      void stream.return()
      throw this.#closing
    }
    this.#streams.add(stream)
    void stream.closed.then(() => this.#streams.delete(stream))
    return stream
  }

  /** Ends every stream with an error for its reader; others may be opened later. */
  fail(reason: PgqError): void {
    for (const stream of this.#streams) stream.fail(reason)
  }

  /**
   * Ends every stream, and resolves when they have released what they hold, or after a deadline.
   *
   * @param refusal The error for streams that are opened later.
   * @param reason The error for the readers; without one their streams end normally.
   */
  async close(refusal: PgqError, reason?: PgqError): Promise<void> {
    this.#closing = reason ?? refusal
    const closed = [...this.#streams].map(async (stream) => {
      if (reason) stream.fail(reason)
      else await stream.return()
      await stream.closed
    })
    await withDeadline(Promise.all(closed), CLOSE_DEADLINE_MS, 'end of all streams').catch(() => {})
  }
}
