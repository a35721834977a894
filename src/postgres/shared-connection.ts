import { EventEmitter } from 'node:events'
import type pg from 'pg'
import { type SessionSettings, settlingStatement } from './session-settings.ts'
import { SettledConnection, type SettledConnectionOptions } from './settled-connection.ts'

/** Begins of statements that make transactions of their own, and must not be part of one. */
const transactionless = /^\s*(vacuum|do)\b/i

/**
 * Is one connection to a pooler that gives the session to others between transactions, as PgBouncer does in the mode
 * transaction. Each statement brings the settings along: both go in one round trip, and are one transaction, with which
 * the settings end. Where a statement begins a transaction, they hold until its end. No version of PgBouncer keeps
 * statements by name for all its clients, so they are parsed each time.
 */
export class SharedConnection extends SettledConnection {
  #settings: SessionSettings
  #settling: string
  #isInTransaction = false
  /** Whether answers belong to the settings of the statement under way. */
  #isSettling = false

  constructor(options: SettledConnectionOptions) {
    super({ ...options, settings: null })
    this.#settings = options.settings ?? {}
    this.#settling = settlingStatement(this.#settings)
  }

  /** Changes settings for the transactions that follow. */
  set(changes: SessionSettings): void {
    this.#settings = { ...this.#settings, ...changes }
    this.#settling = settlingStatement(this.#settings)
  }

  override query(text: string): void {
    if (this.#isInTransaction || transactionless.test(text)) {
      super.query(text)
    } else {
      this.parse({ name: '', text, types: [] })
      this.bind({})
      this.describe({ type: 'P' }, true)
      this.execute({}, true)
      this.sync()
    }
  }

  override parse(query: pg.QueryParse): void {
    if (!this.#isInTransaction) {
      this.#isSettling = true
      super.parse({ name: '', text: this.#settling, types: [] }, true)
      super.bind({}, true)
      super.execute({}, true)
    }
    super.parse({ ...query, name: '' }, true)
  }

  override bind(config: pg.BindConfig): void {
    super.bind({ ...config, statement: '' }, true)
  }

  override sync(): void {
    // The driver would not send a text again that it has sent under this name.
    this.submittedNamedStatements = {}
    super.sync()
  }

  protected override made(): void {
    super.made()
    this.emit = this.#pass
  }

  /** Keeps answers to the settings from the driver, and that a statement was prepared. */
  readonly #pass = (event: string | symbol, ...values: unknown[]): boolean => {
    switch (event) {
      case 'parseComplete':
        return true
      case 'dataRow':
        if (this.#isSettling) return true
        break
      case 'commandComplete':
        if (!this.#isSettling) break
        this.#isSettling = false
        return true
      case 'readyForQuery':
        this.#isSettling = false
        this.#isInTransaction = (values[0] as { status: string }).status !== 'I'
    }
    return EventEmitter.prototype.emit.call(this, event, ...values)
  }
}
