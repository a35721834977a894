import type { Sink } from './stream.ts'

const ended = { done: true, value: undefined } as const

interface Waiting<Value> {
  resolve(result: IteratorResult<Value, undefined>): void
  reject(error: unknown): void
}

/** Turns pushed values into an iterator: `next` asks for one, and there is room only while a call waits. */
export class PullSink<Value> implements Sink<Value> {
  readonly #waiting: Waiting<Value>[] = []
  #onRoom = () => {}
  #isOver = false

  next(): Promise<IteratorResult<Value, undefined>> {
    if (this.#isOver) return Promise.resolve(ended)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#onRoom()
    })
  }

  give(value: Value): Promise<void> | undefined {
    this.#waiting.shift()?.resolve({ done: false, value })
    if (this.#waiting.length > 0 || this.#isOver) return undefined
    return new Promise((resolve) => {
      this.#onRoom = resolve
    })
  }

  fail(error: unknown): void {
    this.#waiting.shift()?.reject(error)
    this.end()
  }

  end(): void {
    this.#isOver = true
    for (const { resolve } of this.#waiting.splice(0)) resolve(ended)
    // The giver may be waiting for room.
    this.#onRoom()
  }
}
