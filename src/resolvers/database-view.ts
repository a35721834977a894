import type { Statement } from '../postgres/call.ts'
import type { Database, Role } from '../postgres/database.ts'
import { OpenBatcher } from './batches/open-batcher.ts'
import type { DatabaseState } from './database-state.ts'
import { type Loader, Loaders } from './loader.ts'
import { InsertBatcher } from './publishing/insert-batcher.ts'

/**
 * One database through the eyes of those callers who may see the same of it. What callers share of each other's work
 * is held here, so nobody is given what was read or written for somebody who may see more.
 */
export class DatabaseView {
  readonly database: Database
  readonly state: DatabaseState
  readonly inserts: InsertBatcher
  readonly opens: OpenBatcher
  readonly #loaders: Loaders

  constructor(database: Database, state: DatabaseState) {
    this.database = database
    this.state = state
    this.inserts = new InsertBatcher(database, state)
    this.opens = new OpenBatcher(database)
    this.#loaders = new Loaders(database)
  }

  get name(): string {
    return this.database.name
  }

  /** Runs one statement as `role`. @throws as `Database.call` does. */
  call<Row>(role: Role, statement: Statement, values?: readonly unknown[]): Promise<Row[]> {
    return this.database.call<Row>(role, statement, values)
  }

  /** Looks something up together with others who ask at the same moment. */
  load<Key, Value>(loader: Loader<Key, Value>, key: Key): Promise<Value> {
    return this.#loaders.load(loader, key)
  }
}
