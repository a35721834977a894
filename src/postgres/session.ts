import pg from 'pg'
import { DeadlineError, withDeadline } from '../async/deadline.ts'
import { withOwnSocket } from './own-socket.ts'

export interface SessionLimits {
  /** For the whole way to a usable connection. Milliseconds. */
  connectDeadlineMs: number
  /** An answer that takes longer is the end of the session. Milliseconds. */
  answerDeadlineMs: number
  /** For a polite goodbye. Milliseconds. */
  closeDeadlineMs: number
}

/**
 * A connection kept for its session: for LISTEN, or for an advisory lock. It never waits for a silent server longer
 * than its limits say, and never heals: `lost` settles, and its owner makes another.
 */
export class Session {
  readonly client: pg.Client
  readonly #limits: SessionLimits
  readonly #cutSocket: () => void
  #isOver = false
  #lastAnswer: Promise<unknown> = Promise.resolve()
  #lose: (reason: Error) => void = () => {}
  /** Fulfilled with the reason when the connection is of no use any more; `close` and `cut` count as reasons. */
  readonly lost: Promise<Error>

  /** @param makeClient Makes the client in a way of its own, from the settings that it is given. */
  constructor(
    config: pg.ClientConfig,
    limits: SessionLimits,
    makeClient: (config: pg.ClientConfig) => pg.Client = (given) => new pg.Client(given),
  ) {
    this.#limits = limits
    const severable = withOwnSocket(config)
    this.#cutSocket = severable.cut
    this.lost = new Promise((resolve) => {
      this.#lose = (reason) => {
        this.#isOver = true
        resolve(reason)
      }
    })
    this.client = makeClient(severable.config)
    this.client.on('error', (error) => this.#lose(error))
    this.client.on('end', () => this.#lose(new Error('the connection ended')))
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Makes the session useless for the given reason; the owner still has to `cut` or `close` it. */
  lose(reason: Error): void {
    this.#lose(reason)
  }

  /**
   * Runs what makes the session usable, `client.connect()` first of all.
   *
   * @throws when that fails, is not done in time, or the session ends meanwhile.
   */
  async open(prepare: () => Promise<unknown>): Promise<void> {
    const lost = this.lost.then((reason) => Promise.reject(reason))
    await withDeadline(Promise.race([prepare(), lost]), this.#limits.connectDeadlineMs, 'usable connection')
  }

  /** Runs a quick statement. @throws when it fails, or `DeadlineError`; then the session is lost as well. */
  query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
    name?: string,
  ): Promise<pg.QueryResult<Row>> {
    return this.inTurn(() => this.client.query<Row>({ text, values: [...values], ...(name && { name }) }))
  }

  /** pg wants a client's next query only after the last one. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const answer = this.#lastAnswer.then(() => withDeadline(work(), this.#limits.answerDeadlineMs, 'answer'))
    this.#lastAnswer = answer.catch((error: Error) => {
      // What is asked next would wait behind this.
      if (error instanceof DeadlineError) this.#lose(error)
    })
    return answer
  }

  /** Says goodbye to the server, and cuts the connection where that takes too long. Never throws. */
  async close(sayGoodbye: () => Promise<void> = () => this.client.end()): Promise<void> {
    this.#isOver = true
    const ended = this.#lastAnswer.then(sayGoodbye)
    await withDeadline(ended, this.#limits.closeDeadlineMs, 'end of the connection').catch(() => {})
    this.cut()
  }

  /** Ends the connection at once. Harmless when repeated. */
  cut(): void {
    this.#lose(new Error('the connection was closed'))
    this.#cutSocket()
  }
}
