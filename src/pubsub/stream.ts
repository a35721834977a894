import { withDeadline } from '../async/deadline.ts'
import type { PgqError } from '../errors.ts'

/** The source of a stream's values. */
export interface StreamSource<Value> {
  /** The next value, however long it takes; undefined ends the stream. Never called twice at once. */
  pull(signal: AbortSignal): Promise<Value | undefined>
  /** Makes a `pull` that waits give up; called once, at the moment of the end. */
  interrupt?(): void
  /** Frees what the source holds; called once, when no `pull` is under way any more. */
  close?(): void | Promise<void>
}

/** The receiver of a stream's values, which are given by plain calls. */
export interface Sink<Value> {
  /** A promise says that there is no room for the next value until it resolves. */
  give(value: Value): Promise<unknown> | undefined
  /** Called once after the last value, unless `fail` is. */
  end(): void
  fail(error: unknown): void
}

export interface Stream<Value> extends AsyncIterableIterator<Value, undefined> {
  /** Instead of `next`: gives every value to this sink. */
  pipe(sink: Sink<Value>): void
  /** Resolves when the source is closed, for whatever reason. */
  readonly closed: Promise<void>
  return(): Promise<IteratorReturnResult<undefined>>
  /** Ends the stream with an error for its reader, as if its source had failed. */
  fail(error: unknown): void
}

/**
 * Makes an iterator of a source whose `return()` works at any moment: a `next()` that waits ends at once, the signal that
 * `pull` was given is aborted, and what that may still find is dropped. (A generator that waits cannot be ended from
 * outside.) `return()` does not wait for the source to close; `closed` tells.
 *
 * Nothing here remembers a value that was given out. A `Promise.race` against one "ended" promise would keep every
 * value for as long as the stream lives.
 */
export function createStream<Value>(source: StreamSource<Value>): Stream<Value> {
  const ending = new AbortController()
  const ended = { done: true, value: undefined } as const
  /** The reader's calls that are not answered. They give up at the end, with its reason if there is one. */
  const waiting = new Set<(failure?: { error: unknown }) => void>()
  let resolveClosed = () => {}
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve
  })
  let lastTurn: Promise<void> = Promise.resolve()

  const end = (failure?: { error: unknown }) => {
    if (ending.signal.aborted) return
    ending.abort()
    for (const giveUp of waiting) giveUp(failure)
    waiting.clear()
    source.interrupt?.()
    const close = async () => source.close?.()
    lastTurn.then(close).then(resolveClosed, resolveClosed)
  }

  const pull = async (): Promise<IteratorResult<Value, undefined>> => {
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

/** Longest wait for streams that give back what they hold. A silent database is not waited for. */
const CLOSE_DEADLINE_MS = 4_000

/** The open streams of a database, so that its end can end them. */
export class OpenStreams {
  readonly #streams = new Set<Stream<unknown>>()
  #closing: PgqError | undefined

  get size(): number {
    return this.#streams.size
  }

  /** @throws what `close` was given, once it was called. */
  add<Value>(stream: Stream<Value>): Stream<Value> {
    if (this.#closing) {
      void stream.return()
      throw this.#closing
    }
    this.#streams.add(stream)
    void stream.closed.then(() => this.#streams.delete(stream))
    return stream
  }

  /**
   * Ends every stream, and resolves when they have given back what they hold.
   *
   * @param refusal What whoever opens another stream is told.
   * @param reason What the readers are told; without one their streams just end.
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
