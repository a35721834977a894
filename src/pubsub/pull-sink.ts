import type { Sink } from './stream.ts'

const ended = { done: true, value: undefined } as const

interface Waiting<Value> {
  resolve(result: IteratorResult<Value, undefined>): void
  reject(error: unknown): void
}

/** A sink that is read with `next`: while nobody asks it has no room. */
export class PullSink<Value> implements Sink<Value> {
  readonly #asked: Waiting<Value>[] = []
  #onAsked = () => {}
  #isOver = false

  next(): Promise<IteratorResult<Value, undefined>> {
    if (this.#isOver) return Promise.resolve(ended)
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject })
      this.#onAsked()
    })
  }

  give(value: Value): Promise<void> | undefined {
    this.#asked.shift()?.resolve({ done: false, value })
    if (this.#asked.length > 0 || this.#isOver) return undefined
    return new Promise((resolve) => {
      this.#onAsked = resolve
    })
  }

  fail(error: unknown): void {
    this.#asked.shift()?.reject(error)
    this.end()
  }

  end(): void {
    this.#isOver = true
    for (const { resolve } of this.#asked.splice(0)) resolve(ended)
    // Whoever gives may be waiting for room.
    this.#onAsked()
  }
}
