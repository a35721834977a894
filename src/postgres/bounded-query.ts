import pg from 'pg'

/** A message of the driver that carries one row. */
interface DataRow {
  /** Size of the message (bytes). */
  length: number
}

/** The part of the driver's query that this replaces; the declared type leaves it out. */
type Query = pg.Query & { handleDataRow(message: DataRow): void }
const Query = pg.Query as unknown as new (config: pg.QueryConfig) => Query

/** Rows of a statement, as many as fit. */
export interface BoundedRows<Row> {
  rows: Row[]
  /** Whether there were more rows, which did not fit. */
  isCut: boolean
  /** Mean size of all rows that came (bytes); 0 without rows. */
  meanBytes: number
}

/**
 * Runs a statement whose answer may be larger than the memory: rows past `maxBytes`, and after the first, are dropped
 * as they come.
 */
export function queryBounded<Row>(
  client: pg.ClientBase,
  config: pg.QueryConfig,
  maxBytes: number,
): Promise<BoundedRows<Row>> {
  const query = new BoundedQuery(config, maxBytes)
  return new Promise((resolve, reject) => {
    const callback = (error: Error | undefined, result: pg.QueryResult) => {
      if (error) reject(error)
      else resolve({ rows: result.rows as Row[], isCut: query.isCut, meanBytes: query.meanBytes })
    }
    client.query(Object.assign(query, { callback }))
  })
}

class BoundedQuery extends Query {
  readonly #maxBytes: number
  #bytes = 0
  #count = 0
  isCut = false

  constructor(config: pg.QueryConfig, maxBytes: number) {
    super(config)
    this.#maxBytes = maxBytes
  }

  get meanBytes(): number {
    return this.#count === 0 ? 0 : this.#bytes / this.#count
  }

  override handleDataRow(message: DataRow): void {
    this.#bytes += message.length
    this.#count++
    if (this.#bytes <= this.#maxBytes || this.#count === 1) super.handleDataRow(message)
    else this.isCut = true
  }
}
