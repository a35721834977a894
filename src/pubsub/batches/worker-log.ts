import type { Database } from '../../postgres/database.ts'

/** Maximum number of lines within the window; a deploy may bring a thousand workers at once. */
const MAX_LINES = 20
const WINDOW_MS = 10_000
/** Maximum length of a name in a line (characters). */
const MAX_NAME = 100

/** Names what a worker consumes. */
export interface Work {
  queue: string
  consumer: string
  /** Member of a cooperative consumer. */
  subconsumer?: string | null | undefined
}

/**
 * Logs the workers of a database that come and go, at a bounded rate. The level is `info`: who consumed what, and why that
 * ended, is asked when it is too late to raise a level.
 */
export class WorkerLog {
  readonly #database: Pick<Database, 'name' | 'logger'>
  #lines = 0
  #omitted = 0
  #window: NodeJS.Timeout | undefined

  constructor(database: Pick<Database, 'name' | 'logger'>) {
    this.#database = database
  }

  came(work: Work): void {
    this.#write(`a worker has taken up ${describe(work)}`)
  }

  left(work: Work, reason: string): void {
    this.#write(`a worker has left ${describe(work)}: ${reason}`)
  }

  close(): void {
    clearTimeout(this.#window)
    this.#end()
  }

  #write(what: string): void {
    this.#window ??= setTimeout(() => this.#end(), WINDOW_MS).unref()
    if (this.#lines++ < MAX_LINES) this.#log(what)
    else this.#omitted++
  }

  #end(): void {
    if (this.#omitted > 0) this.#log(`${this.#omitted} more workers have come or left within 10 s`)
    this.#window = undefined
    this.#lines = 0
    this.#omitted = 0
  }

  #log(what: string): void {
    this.#database.logger.info(`Database ${this.#database.name}: ${what}`)
  }
}

function describe({ queue, consumer, subconsumer }: Work): string {
  const member = subconsumer == null ? '' : `member ${shown(subconsumer)} of `
  return `${member}consumer ${shown(consumer)} of queue ${shown(queue)}`
}

function shown(name: string): string {
  return JSON.stringify(name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name)
}
