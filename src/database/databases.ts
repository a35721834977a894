import { Overtaking } from '../async/overtaking.ts'
import { SharedPlaces } from '../async/shared-places.ts'
import { connectionsPerDatabase, maxConnections } from '../defaults.ts'
import { PgqError } from '../errors.ts'
import { Identities } from './identities.ts'
import { type DatabaseOptions, type GatewayParts, LiveDatabase } from './live-database.ts'

/** Number of databases that are started at once, but for those that take longer than the time below. */
const STARTS_AT_ONCE = 8
const START_PATIENCE_MS = 1_000

/** Holds the databases of a gateway by name. They may be added and removed while it runs. */
export class Databases implements Iterable<LiveDatabase> {
  readonly #parts: GatewayParts
  readonly #places: SharedPlaces
  #maxConnections: number | null
  readonly #byName = new Map<string, LiveDatabase>()
  /** Databases that were removed and are not closed yet. */
  readonly #closing = new Set<Promise<void>>()
  /** Called after a database was added, and before one is closed that was removed. */
  readonly #onChange = new Set<() => void>()
  #isStarted = false
  #isClosed = false

  /** @param maxConnections Maximum number of connections to all databases together; null as in `defaultConnections`. */
  constructor(parts: GatewayParts, maxConnections: number | null = null) {
    this.#maxConnections = maxConnections
    this.#places = new SharedPlaces(0, connectionsPerDatabase)
    const starts = new Overtaking(STARTS_AT_ONCE, START_PATIENCE_MS)
    this.#parts = { identities: new Identities(), starts, places: this.#places, ...parts }
  }

  /**
   * Adds a database, started if the others are.
   *
   * @throws PgqError `BAD_INPUT` for a name or a connection string that cannot be used, and where there are not connections enough
   *   for one more; TypeError for a name in use, or
   *   after `close`.
   */
  add(options: DatabaseOptions): LiveDatabase {
    if (this.#byName.has(options.name)) throw new TypeError(`Two databases have the name ${options.name}`)
    if (this.#isClosed) throw new TypeError('The gateway is closed')
    this.#checkConnections()
    const database = new LiveDatabase(options, this.#parts)
    this.#byName.set(options.name, database)
    this.#divideConnections()
    if (this.#isStarted) database.start()
    for (const onChange of this.#onChange) onChange()
    return database
  }

  /**
   * Removes a database: its streams end with `NOT_FOUND`, and its connections are closed when this resolves.
   *
   * @returns False when there is none of that name.
   */
  async remove(name: string): Promise<boolean> {
    const database = this.#byName.get(name)
    if (!database) return false
    this.#byName.delete(name)
    for (const onChange of this.#onChange) onChange()
    const closing = database.close(
      new PgqError('NOT_FOUND', `This server does not serve database ${name} any more`),
    )
    this.#divideConnections()
    this.#closing.add(closing)
    await closing.finally(() => this.#closing.delete(closing))
    return true
  }

  /** Changes the maximum number of connections; where more are open, they become fewer as they are given back. */
  set maxConnections(maxConnections: number | null) {
    this.#maxConnections = maxConnections
    this.#divideConnections()
  }

  /** Places for connections to all databases together, and how many are taken. */
  get places(): Pick<SharedPlaces, 'limit' | 'taken'> {
    return this.#places
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  /**
   * Finds a database.
   *
   * @param shows Says whether who asks may know of a database. Default: of all.
   * @throws PgqError `NOT_FOUND` for a name that this gateway does not serve, or not to who asks.
   */
  get(name: string, shows: (name: string) => boolean = () => true): LiveDatabase {
    const database = shows(name) ? this.#byName.get(name) : undefined
    if (!database) {
      const known = [...this.#byName.keys()].filter(shows).join(', ') || 'none that you may see'
      throw new PgqError('NOT_FOUND', `This server has no database of that name; it has: ${known}`, {
        field: 'database',
      })
    }
    return database
  }

  [Symbol.iterator](): IterableIterator<LiveDatabase> {
    return this.#byName.values()
  }

  /** Calls back whenever the set of databases has changed. @returns A function that ends this. */
  watch(onChange: () => void): () => void {
    this.#onChange.add(onChange)
    return () => void this.#onChange.delete(onChange)
  }

  /** Starts all databases, those that are required first. */
  start(): void {
    this.#isStarted = true
    const inOrder = [...this].sort((a, b) => Number(b.isRequired) - Number(a.isRequired))
    for (const database of inOrder) database.start()
  }

  /** Closes all databases; no more can be added. Resolves when those that were removed are closed, too. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#closing, ...[...this].map((database) => database.close())])
  }

  #checkConnections(): void {
    const needed = (this.#byName.size + 1) * connectionsPerDatabase
    if (maxConnections(this.#maxConnections, this.#byName.size + 1) >= needed) return
    const message = `${this.#byName.size + 1} databases need ${needed} connections, and connections.maxTotal is ${this.#maxConnections}; raise it`
    throw new PgqError('BAD_INPUT', message, { field: 'name' })
  }

  #divideConnections(): void {
    this.#places.limit = maxConnections(this.#maxConnections, this.#byName.size)
  }
}
