import type { BoundedRows } from '../postgres/bounded-query.ts'
import type { Statement } from '../postgres/call.ts'
import type { Database } from '../postgres/database.ts'
import { OpenBatcher } from './batches/open-batcher.ts'
import type { DatabaseState } from './database-state.ts'
import { type Loader, Loaders } from './loader.ts'
import { InsertBatcher } from './publishing/insert-batcher.ts'

/**
 * Shows one database to callers with the same access rights. Work that callers share is held here, so that no caller
 * gets what was read for one with more rights.
 */
export class DatabaseView {
  readonly database: Database
  readonly state: DatabaseState
  readonly inserts: InsertBatcher
  readonly opens: OpenBatcher
  readonly #sight: string
  readonly #loaders: Loaders

  /** @param sight `Caller.sight` of those who see it. */
  constructor(database: Database, state: DatabaseState, sight: string) {
    this.database = database
    this.state = state
    this.#sight = sight
    this.inserts = new InsertBatcher(database, state, sight)
    this.opens = new OpenBatcher(database)
    this.#loaders = new Loaders(database)
  }

  get name(): string {
    return this.database.name
  }

  /** Runs one statement as its role. @param queue See `Purpose`. @throws as `Database.call` does. */
  call<Row>(statement: Statement, values?: readonly unknown[], queue?: string | undefined): Promise<Row[]> {
    return this.database.call<Row>(statement, values, { queue, sight: this.#sight })
  }

  /** Runs one statement as its role, and keeps the rows that fit. @throws as `Database.call` does. */
  callBounded<Row>(
    statement: Statement,
    values: readonly unknown[],
    { maxBytes, queue }: { maxBytes: number; queue?: string | undefined },
  ): Promise<BoundedRows<Row>> {
    return this.database.callBounded<Row>(statement, values, { maxBytes, queue, sight: this.#sight })
  }

  /** Looks up a value, sharing the statement with other look-ups of the same moment. */
  load<Key, Value>(loader: Loader<Key, Value>, key: Key): Promise<Value> {
    return this.#loaders.load(loader, key)
  }
}
