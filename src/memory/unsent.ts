/** An answer or message that its client has not taken yet. */
interface Unsent {
  client: string
  /** What is sent: one object for all who are sent the same memory. */
  what: object
  bytes: number
  cut: () => void
}

/**
 * Bounds what waits to be sent because clients do not read. Past the bound the client with the most is cut off, at its
 * oldest, but for what waits alone; what many are sent counts once.
 */
export class UnsentBytes {
  readonly #max: number
  readonly #waiting = new Set<Unsent>()
  /** Numbers of clients that wait for the same. */
  readonly #readers = new Map<object, number>()
  #bytes = 0

  constructor(max: number) {
    this.#max = max
  }

  /**
   * Counts what waits to be sent.
   *
   * @param cut Ends its connection.
   * @returns A function that says that it waits no more, harmless when repeated.
   */
  add(client: string, what: object, bytes: number, cut: () => void): () => void {
    const unsent = { client, what, bytes, cut }
    this.#waiting.add(unsent)
    const readers = this.#readers.get(what) ?? 0
    this.#readers.set(what, readers + 1)
    if (readers === 0) this.#bytes += bytes
    while (this.#bytes > this.#max && this.#readers.size > 1) this.#cutOne()
    return () => this.#remove(unsent)
  }

  #remove(unsent: Unsent): void {
    if (!this.#waiting.delete(unsent)) return
    const readers = (this.#readers.get(unsent.what) ?? 1) - 1
    if (readers > 0) this.#readers.set(unsent.what, readers)
    else {
      this.#readers.delete(unsent.what)
      this.#bytes -= unsent.bytes
    }
  }

  #cutOne(): void {
    const byClient = new Map<string, number>()
    for (const { client, bytes } of this.#waiting) byClient.set(client, (byClient.get(client) ?? 0) + bytes)
    const [greediest] = [...byClient].reduce((most, each) => (each[1] > most[1] ? each : most))
    for (const unsent of this.#waiting) {
      if (unsent.client !== greediest) continue
      this.#remove(unsent)
      unsent.cut()
      return
    }
  }
}
