import pg from 'pg'
import { DeadlineError, withDeadline } from '../async/deadline.ts'
import { Turns } from '../async/turns.ts'
import { Client, type ClientOptions } from './client.ts'
import type { SessionSettings } from './session-settings.ts'
import { readOnly } from './sqlstate.ts'

export interface SessionLimits {
  /** Longest time to a usable connection (milliseconds). */
  connectDeadlineMs: number
  /** Longest wait for an answer before the session counts as lost (milliseconds). */
  answerDeadlineMs: number
  /** Longest wait for an orderly close (milliseconds). */
  closeDeadlineMs: number
}

/**
 * Holds a connection for its session, such as for an advisory lock. It never waits for a silent server longer than
 * its limits allow, and never reconnects: `lost` resolves, and its owner makes another session.
 */
export class Session {
  readonly client: Client
  readonly #limits: SessionLimits
  #isOver = false
  readonly #turns = new Turns()
  #lose: (reason: Error) => void = () => {}
  /** Resolves with the reason when the connection can no longer be used; `close` and `cut` count as reasons. */
  readonly lost: Promise<Error>

  constructor(options: ClientOptions, limits: SessionLimits) {
    this.#limits = limits
    this.lost = new Promise((resolve) => {
      this.#lose = (reason) => {
        this.#isOver = true
        resolve(reason)
      }
    })
    this.client = new Client(options)
    this.client.on('error', (error) => this.#lose(error))
    this.client.on('end', () => this.#lose(new Error('the connection ended')))
  }

  /** Whether a pooler may give the session to others between transactions. */
  get isShared(): boolean {
    return this.client.sharesSession
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Marks the session as lost for the given reason; its owner still has to `cut` or `close` it. */
  lose(reason: Error): void {
    this.#lose(reason)
  }

  /**
   * Runs the steps that make the session usable, `client.connect()` first.
   *
   * @throws when they fail or exceed the deadline, or the session ends meanwhile.
   */
  async open(prepare: () => Promise<unknown>): Promise<void> {
    const lost = this.lost.then((reason) => Promise.reject(reason))
    await withDeadline(Promise.race([prepare(), lost]), this.#limits.connectDeadlineMs, 'usable connection')
  }

  /**
   * Runs a quick statement.
   *
   * @throws when it fails, or `DeadlineError`; the session is lost by that, and by a write where it takes none.
   */
  async query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
    name?: string,
  ): Promise<pg.QueryResult<Row>> {
    return this.#ask(() => this.client.query<Row>({ text, values: [...values], ...(name && { name }) }))
  }

  /** Changes settings for the statements that follow. @throws as `query` does. */
  async set(changes: SessionSettings): Promise<void> {
    await this.#ask(() => this.client.set(changes))
  }

  async #ask<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await this.#turns.run(ask, this.#limits.answerDeadlineMs)
    } catch (error) {
      if (error instanceof DeadlineError) this.#lose(error)
      // Only a new session may find the database writable again.
      if (error instanceof pg.DatabaseError && error.code === readOnly) this.#lose(error)
      throw error
    }
  }

  /** Closes the connection, and cuts it where that takes too long. Never throws. */
  async close(): Promise<void> {
    this.#isOver = true
    const ended = this.#turns.idle().then(() => this.client.end())
    await withDeadline(ended, this.#limits.closeDeadlineMs, 'end of the connection').catch(() => {})
    this.cut()
  }

  /** Ends the connection at once. Harmless when repeated. */
  cut(): void {
    this.#lose(new Error('the connection was closed'))
    this.client.cut()
  }
}
