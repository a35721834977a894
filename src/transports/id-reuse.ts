type Handle = () => Promise<void>
type Message = { readonly type?: unknown; readonly id?: unknown }

/** Longest text of a `complete` message that is looked for: its id is the client's to choose. */
const MAX_COMPLETE_LENGTH = 1_000

/**
 * Lets a client use the id of an operation again as soon as it has completed it, as the protocol allows. graphql-ws
 * forgets an id when the operation's work ends, and would take the next one's along; so messages of that id wait here.
 */
export class IdReuse {
  readonly #running = new Map<string, Promise<void>>()
  /** Ends of the work of completed operations, with what waits for them, by id. */
  #ending: Map<string, Promise<void>> | undefined
  #startedId: string | undefined

  /** Number of operations under way, without the one that is being begun. */
  get running(): number {
    return this.#running.size
  }

  /** Says that the message being handled begins an operation. */
  started(id: string): void {
    this.#startedId = id
  }

  /**
   * Handles a message now, or when the id is free again.
   *
   * @param handle Resolves when the work that the message began is over. Never rejects.
   */
  take(text: string, handle: Handle): void {
    const mayComplete = text.length <= MAX_COMPLETE_LENGTH && text.includes('"complete"')
    if (!this.#ending && !mayComplete) {
      this.#begin(handle)
      return
    }
    const message = parse(text)
    const id = String(message.id)
    const ending = this.#ending?.get(id)
    const end = ending ? ending.then(() => this.#deliver(message, handle)) : this.#deliver(message, handle)
    if (end) this.#waitUntil(id, end)
  }

  /** @returns The end of the work of an operation that this completes, if it still runs. */
  #deliver({ type, id }: Message, handle: Handle): Promise<void> | undefined {
    if (type !== 'complete') {
      this.#begin(handle)
      return undefined
    }
    const running = this.#running.get(String(id))
    void handle()
    return running
  }

  #waitUntil(id: string, end: Promise<void>): void {
    this.#ending ??= new Map()
    const all = this.#ending
    const ending = end.then(() => {
      if (all.get(id) === ending) all.delete(id)
      // Most sockets complete nothing, and need no list of it.
      if (all.size === 0 && this.#ending === all) this.#ending = undefined
    })
    all.set(id, ending)
  }

  #begin(handle: Handle): void {
    this.#startedId = undefined
    const work = handle()
    const id = this.#startedId as string | undefined
    if (id === undefined) return
    const over = work.then(() => {
      if (this.#running.get(id) === over) this.#running.delete(id)
    })
    this.#running.set(id, over)
  }
}

function parse(text: string): Message {
  try {
    const message: unknown = JSON.parse(text)
    return typeof message === 'object' && message !== null ? message : {}
  } catch {
    return {}
  }
}
