import pg from 'pg'
import { backoffMs, sleep } from '../async/backoff.ts'
import type { Overtaking } from '../async/overtaking.ts'
import { type EngineChoice, type EngineFacts, findObstacle, installEngine } from '../install/install.ts'
import { toPgqError } from '../postgres/call.ts'
import type { Client } from '../postgres/client.ts'
import type { Database } from '../postgres/database.ts'
import type { ErrorLog } from '../postgres/error-log.ts'
import { isUnreachable } from '../postgres/outage.ts'
import { connectClient } from '../postgres/pooler.ts'
import { PoolerError } from '../postgres/routed-connection.ts'
import { checkPooler, checkShared, type Identities } from './identities.ts'
import type { NumberingWatch } from './numbering-watch.ts'

/** What an installation works with. */
export interface InstallationParts {
  database: Database
  engine: EngineChoice
  numbering: NumberingWatch
  errors: ErrorLog
  /** Undefined where it is the only database. */
  identities: Identities | undefined
  starts: Overtaking | undefined
  /** Ends every attempt at once. */
  closing: AbortSignal
}

/** Puts PgQ in place in a database, trying until it works, and finds out where it was dropped or replaced. */
export class Installation {
  readonly #parts: InstallationParts
  #facts: EngineFacts | undefined
  #finding: Promise<void> | undefined

  constructor(parts: InstallationParts) {
    this.#parts = parts
  }

  /** Facts about the engine, of the latest success; undefined before the first. */
  get facts(): EngineFacts | undefined {
    return this.#facts
  }

  /** Reason why it fails; undefined where it does not. */
  get failure(): string | undefined {
    return this.#parts.errors.messageOf(this.#subject)
  }

  get #subject(): string {
    return `The start of database ${this.#parts.database.name}, which is tried again until it works,`
  }

  /**
   * Installs what is missing.
   *
   * @returns A function that lets another database start, to be called when this one has; null where the signal came first.
   */
  async complete(): Promise<(() => void) | null> {
    const { database, errors, starts, closing } = this.#parts
    for (let attempt = 0; !closing.aborted; attempt++) {
      const leave = (await starts?.enter(closing)) ?? (() => {})
      try {
        this.#facts = await this.#install()
        errors.worked(this.#subject)
        if (!closing.aborted) return leave
        leave()
      } catch (error) {
        leave()
        if (closing.aborted) return null
        if (isUnreachable(error instanceof pg.DatabaseError ? toPgqError(error) : error))
          database.outages.failed(error)
        else errors.failed(this.#subject, error)
        await sleep(backoffMs(attempt, { firstMs: 250, maxMs: 5_000 }), closing)
      }
    }
    return null
  }

  /** Finds anew what kind of pooler is between. Never throws. */
  findPooler(): Promise<void> {
    const { database, closing } = this.#parts
    this.#finding ??= this.#withClient(async () => {})
      .catch((error: unknown) => {
        if (!closing.aborted) database.outages.failed(error)
      })
      .finally(() => {
        this.#finding = undefined
      })
    return this.#finding
  }

  /** Asks the database why this build cannot work with it any more; null where it can. */
  findObstacle(): Promise<string | null> {
    return this.#withClient(findObstacle)
  }

  /** Lets another name stand for this database. */
  end(): void {
    this.#parts.identities?.release(this.#parts.database.name)
  }

  async #install(): Promise<EngineFacts> {
    const { engine, numbering, database, identities } = this.#parts
    const { logger, name } = database
    const report = await this.#withClient(async (client) => {
      await identities?.claim(name, client)
      const onWait = (sentence: string) => logger.info(`Database ${name}: ${sentence}`)
      const installed = await installEngine(client, { engine, onWait })
      await numbering.look(client)
      if (database.pooling === 'shared') await checkShared(client)
      await this.#checkPooler(client)
      return installed
    })
    for (const action of report.actions) logger.info(`Database ${name}: ${action}`)
    for (const warning of report.warnings) logger.warn(`Database ${name}: ${warning}`)
    return report.facts
  }

  /** Makes sure that the pooler for statements, where there is one, leads to the same database. */
  async #checkPooler(direct: pg.Client): Promise<void> {
    const { database, closing } = this.#parts
    const options = database.poolerOptions('reader', 'install')
    if (!options) return
    const { client } = await connectClient(options, closing)
    try {
      await checkPooler(client, direct)
    } finally {
      await client.end().catch(() => {})
    }
  }

  /** Works with a connection of its own, on which no statement is cancelled; the signal cuts it. */
  async #withClient<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const { database, closing } = this.#parts
    const options = database.clientOptions(undefined, 'install', { statementTimeoutMs: 0 })
    const anew = { ...options, pooling: 'none' as const }
    const { client, pooling } = await connectClient(anew, closing).catch((error: unknown) => {
      if (!(error instanceof PoolerError)) throw toPgqError(error)
      database.pooling = 'none'
      throw error
    })
    if (pooling === 'shared' && database.pooling !== 'shared') database.logger.warn(sharing(database.name))
    database.pooling = pooling
    try {
      return await work(client)
    } finally {
      await client.end().catch(() => {})
    }
  }
}

const sharing = (name: string) =>
  `Database ${name}: a pooler between shares sessions among its clients, so ticks are polled for, and a gateway that is killed ` +
  'is replaced after five seconds. With the address of the database itself as directUrl both are quicker.'
