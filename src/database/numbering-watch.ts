import type { Logger } from 'pino'
import { sleep } from '../async/backoff.ts'

/** A connection that a look is made on, such as a `Session` or a `Client`. */
export interface Asked {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
  set(settings: Readonly<Record<string, string>>): Promise<void>
}

/** Largest number of queues looked at in one statement, which locks all their tables. */
const PORTION = 100
/** Time between looks for the repair (milliseconds). */
const REPAIR_POLL_MS = 1_000
/** Largest number of queues named in the reason. */
const MAX_NAMED = 3

/** A repair locks PgQ's tables for as long as it takes, and a session may not be silent for so long. */
const whileLooking = { lock_timeout: '2s', role: 'pgq_admin' }

/**
 * Watches whether transaction ids stored in a database are ahead of its server's, as after a dump was restored. PgQ cannot
 * tick such queues before they are repaired.
 */
export class NumberingWatch {
  readonly #logger: Logger
  readonly #name: string
  #reason: string | null = null
  #hasWarned = false
  #isLooking = false
  #isWanted = false

  /** @param database Its name is that in the API. */
  constructor({ logger, name }: { logger: Logger; name: string }) {
    this.#logger = logger
    this.#name = name
  }

  /** Says why nothing is ticked, and the remedy; null when all is well. */
  get reason(): string | null {
    return this.#reason
  }

  /** Looks at every queue, as pgq_admin. A look that fails changes nothing. Never throws. */
  async look(connection: Asked): Promise<void> {
    try {
      await connection.set(whileLooking)
      const names = await readMisnumbered(connection)
      this.#found(names.length > 0 ? reasonFor(names) : null)
      await this.#warnOfSequences(connection)
    } catch (error) {
      this.#logger.debug({ err: error }, `the transaction ids of database ${this.#name} were not looked at`)
    } finally {
      await connection.set({ lock_timeout: '0' }).catch(() => {})
    }
  }

  /** Looks now, or once more after the look that is under way. */
  async lookSoon(connection: Asked): Promise<void> {
    this.#isWanted = true
    if (this.#isLooking) return
    this.#isLooking = true
    while (this.#isWanted) {
      this.#isWanted = false
      await this.look(connection)
    }
    this.#isLooking = false
  }

  /** Looks until no queue is misnumbered, or the signal. */
  async repaired(connection: Asked, signal: AbortSignal): Promise<void> {
    while (this.#reason !== null && !signal.aborted) {
      await sleep(REPAIR_POLL_MS, signal)
      if (!signal.aborted) await this.look(connection)
    }
  }

  #found(reason: string | null): void {
    if (reason === this.#reason) return
    if (reason !== null) this.#logger.error(`Database ${this.#name}: ${reason}`)
    else this.#logger.info(`Database ${this.#name} is repaired`)
    this.#reason = reason
  }

  async #warnOfSequences(connection: Asked): Promise<void> {
    const { rows } = await connection.query('select sequence from pgq_gateway.sequences_behind()')
    const isBehind = rows.length > 0
    if (isBehind && !this.#hasWarned) {
      const sequences = (rows as { sequence: string }[]).map(({ sequence }) => sequence).join(', ')
      this.#logger.warn(
        `Database ${this.#name}: ids that are in use come again from ${sequences}, as after a dump of the extension was restored, ` +
          'and new queues or consumers fail; run "pgq-graphql install --repair"',
      )
    }
    this.#hasWarned = isBehind
  }
}

/** Each portion of the queues is looked at in a transaction of its own. */
async function readMisnumbered(connection: Asked): Promise<string[]> {
  const queues = await connection.query('select queue_id as id from pgq.queue order by queue_id')
  const ids = (queues.rows as { id: number }[]).map(({ id }) => id)
  const names: string[] = []
  for (let start = 0; start < ids.length; start += PORTION) {
    const { rows } = await connection.query('select name from pgq_gateway.note_misnumbered_queues($1) name', [
      ids.slice(start, start + PORTION),
    ])
    names.push(...(rows as { name: string }[]).map(({ name }) => name))
  }
  return names
}

function reasonFor(names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : ''
  return (
    `Transaction ids in the queues ${names.slice(0, MAX_NAMED).join(', ')}${more} are higher than the server's, as after a dump ` +
    'was restored into it, so nothing is ticked. Run "pgq-graphql install --repair". What is published before that is kept, ' +
    'and delivered after it.'
  )
}
