import DataLoader from 'dataloader'
import type { Database } from '../postgres/database.ts'

/**
 * A look-up for fields of list items. Keys requested at the same moment are collected into one call, so that a list
 * costs a constant number of statements; equal ones that are no objects come once. It returns a function from a key to its value.
 */
export type Loader<Key, Value> = (database: Database, keys: readonly Key[]) => Promise<(key: Key) => Value>

/**
 * Runs the look-ups of callers with the same access rights. Results are not cached: requests of the same moment share
 * statements, and the messages of a subscription never see old rows.
 */
export class Loaders {
  readonly #database: Database
  readonly #loaders = new Map<unknown, DataLoader<never, unknown>>()

  constructor(database: Database) {
    this.#database = database
  }

  load<Key, Value>(loader: Loader<Key, Value>, key: Key): Promise<Value> {
    let collecting = this.#loaders.get(loader) as DataLoader<Key, Value> | undefined
    if (!collecting) {
      collecting = new DataLoader<Key, Value>(
        async (keys) => {
          const valueOfKey = await loader(this.#database, [...new Set(keys)])
          return keys.map(valueOfKey)
        },
        { cache: false },
      )
      this.#loaders.set(loader, collecting as DataLoader<never, unknown>)
    }
    return collecting.load(key)
  }
}

/** Makes a loader from a statement that returns at most one row per key; the value is null where there is none. */
export function loadOne<Key, Row>(
  find: (database: Database, keys: readonly Key[]) => Promise<Row[]>,
  textOfKey: (key: Key) => string,
  textOfRow: (row: Row) => string,
): Loader<Key, Row | null> {
  return async (database, keys) => {
    const rows = new Map((await find(database, keys)).map((row) => [textOfRow(row), row]))
    return (key) => rows.get(textOfKey(key)) ?? null
  }
}
