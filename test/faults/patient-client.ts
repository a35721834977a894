import pg from 'pg'
import { until } from '../support/deadline.ts'

/** A connection that is made again whenever it was lost. */
export class PatientClient {
  readonly #url: string
  #client: pg.Client | undefined

  constructor(url: string) {
    this.#url = url
  }

  /** Makes one attempt. */
  async use<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = this.#client ?? new pg.Client({ connectionString: this.#url, application_name: 'test' })
    try {
      if (!this.#client) {
        client.on('error', () => {})
        await client.connect()
        this.#client = client
      }
      return await work(client)
    } catch (error) {
      this.#client = undefined
      await client.end().catch(() => {})
      throw error
    }
  }

  /** Repeats a query until it works. @returns the column `id` of the first row. */
  async query(text: string, values: readonly unknown[] = []): Promise<string> {
    const [row] = await this.#rows<{ id: string }>(text, values)
    return String(row?.id)
  }

  /** Repeats a query until it works. @returns the column `name` of all rows. */
  async names(text: string): Promise<string[]> {
    return (await this.#rows<{ name: string }>(text, [])).map(({ name }) => name)
  }

  /** Repeats the work until it succeeds. */
  async patiently<T extends object>(work: (client: pg.Client) => Promise<T>, what: string): Promise<T> {
    return until(() => this.use(work).catch(() => undefined), what, { timeoutMs: 60_000 })
  }

  async #rows<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.patiently(async (client) => (await client.query<Row>(text, [...values])).rows, text)
  }

  async end(): Promise<void> {
    await this.#client?.end().catch(() => {})
  }
}
