/** Where a stream's values come from. */
export interface StreamSource<Value> {
  /** The next value, however long it takes; undefined ends the stream. Never called twice at once. */
  pull(signal: AbortSignal): Promise<Value | undefined>
  /** Makes a `pull` that waits give up; called once, at the moment of the end. */
  interrupt?(): void
  /** Frees what the source holds; called once, when no `pull` is under way any more. */
  close?(): void | Promise<void>
}

export interface Stream<Value> extends AsyncIterableIterator<Value, undefined> {
  /** Resolves when the source is closed, for whatever reason. */
  readonly closed: Promise<void>
  return(): Promise<IteratorReturnResult<undefined>>
}

/**
 * Makes an iterator of a source whose `return()` works at any moment: a `next()` that waits ends at once, the signal that
 * `pull` was given is aborted, and what that may still find is dropped. (A generator that waits cannot be ended from
 * outside.) `return()` does not wait for the source to close; `closed` tells.
 */
export function createStream<Value>(source: StreamSource<Value>): Stream<Value> {
  const ending = new AbortController()
  const ended = { done: true, value: undefined } as const
  const { promise: aborted, resolve: resolveAborted } = withResolver<IteratorReturnResult<undefined>>()
  const { promise: closed, resolve: resolveClosed } = withResolver<void>()
  let turn: Promise<IteratorResult<Value, undefined>> = Promise.resolve(ended)

  const end = () => {
    if (ending.signal.aborted) return
    ending.abort()
    resolveAborted(ended)
    source.interrupt?.()
    const close = async () => source.close?.()
    turn
      .catch(() => {})
      .then(close)
      .then(resolveClosed, resolveClosed)
  }

  const pull = async (): Promise<IteratorResult<Value, undefined>> => {
    if (ending.signal.aborted) return ended
    const value = await source.pull(ending.signal)
    return value === undefined ? ended : { done: false, value }
  }

  return {
    closed,
    async next() {
      turn = turn.catch(() => {}).then(pull)
      try {
        const result = await Promise.race([turn, aborted])
        if (result.done) end()
        return result
      } catch (error) {
        end()
        throw error
      }
    },
    async return() {
      end()
      return ended
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function withResolver<Value>() {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
