import type { Sink } from './stream.ts'

const ended = { done: true, value: undefined } as const

interface Waiting<Value> {
  resolve(result: IteratorResult<Value, undefined>): void
  reject(error: unknown): void
}

/** Turns pushed values into an iterator: `next` asks for one, and there is room only while a call waits. */
export class PullSink<Value> implements Sink<Value> {
  readonly #waiting: Waiting<Value>[] = []
  /** What was given without room: the last word of a stream that has to end whether or not somebody reads it. */
  readonly #unread: Value[] = []
  #onRoom = () => {}
  #isOver = false

  next(): Promise<IteratorResult<Value, undefined>> {
    const unread = this.#unread.splice(0, 1)
    if (unread.length > 0) return Promise.resolve({ done: false, value: unread[0] as Value })
    if (this.#isOver) return Promise.resolve(ended)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#onRoom()
    })
  }

  give(value: Value): Promise<void> | undefined {
    if (this.#isOver) return undefined
    const waiting = this.#waiting.shift()
    if (waiting) waiting.resolve({ done: false, value })
    else this.#unread.push(value)
    if (this.#waiting.length > 0) return undefined
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
