import { PgqError } from '../errors.ts'
import type { Database } from '../postgres/connections.ts'

/** The databases of a gateway by name. */
export class Databases implements Iterable<Database> {
  readonly #byName: ReadonlyMap<string, Database>

  constructor(databases: readonly Database[]) {
    this.#byName = new Map(databases.map((database) => [database.name, database]))
    if (this.#byName.size !== databases.length) throw new TypeError('Two databases have the same name')
  }

  /** @throws PgqError `NOT_FOUND` for a name that this gateway does not serve. */
  get(name: string): Database {
    const database = this.#byName.get(name)
    if (!database) {
      const known = [...this.#byName.keys()].join(', ')
      throw new PgqError('NOT_FOUND', `This server has no database of that name; it has: ${known}`, {
        field: 'database',
      })
    }
    return database
  }

  [Symbol.iterator](): IterableIterator<Database> {
    return this.#byName.values()
  }
}
