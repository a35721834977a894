/** Where a stream's values come from. */
export interface StreamSource<Value> {
  /** The next value, however long it takes; undefined ends the stream. Never called twice at once. */
  pull(signal: AbortSignal): Promise<Value | undefined>
  /** Makes a `pull` that waits give up; called once, at the moment of the end. */
  interrupt?(): void
  /** Frees what the source holds; called once, when no `pull` is under way any more. */
  close?(): void | Promise<void>
}

/** Whom a stream gives its values to by plain calls. */
export interface Sink<Value> {
  /** A promise says that there is no room for the next value until it resolves. */
  give(value: Value): Promise<unknown> | undefined
  /** After the last value; called once, unless `fail` is. */
  end(): void
  fail(error: unknown): void
}

export interface Stream<Value> extends AsyncIterableIterator<Value, undefined> {
  /** Instead of `next`: gives every value to this sink. */
  pipe(sink: Sink<Value>): void
  /** Resolves when the source is closed, for whatever reason. */
  readonly closed: Promise<void>
  return(): Promise<IteratorReturnResult<undefined>>
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
  const waiting = new Set<() => void>()
  let resolveClosed = () => {}
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve
  })
  let lastTurn: Promise<void> = Promise.resolve()

  const end = () => {
    if (ending.signal.aborted) return
    ending.abort()
    for (const giveUp of waiting) giveUp()
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
        const giveUp = () => resolve(ended)
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
