import { PgqError } from '../../errors.ts'
import type { MoverPlan, QueueRoute } from '../../mover-plan.ts'
import type { LiveView } from '../../pubsub/live-view.ts'
import { MovedEvents } from '../../resolvers/movers/moved-events.ts'
import type { Move, MoveOutcome } from '../../resolvers/movers/moves.ts'
import { addQueue } from '../../resolvers/queues/queues.ts'
import { MoveWriter } from './move-writer.ts'
import type { SourceMove, Target } from './target.ts'

/** Queues of a database, which get each event once. */
export class PostgresTarget implements Target {
  readonly reason = null
  readonly #plan: MoverPlan & { route: QueueRoute }
  readonly #database: () => LiveView
  readonly #writer: MoveWriter

  /** @param database Finds the target. @throws PgqError `NOT_FOUND` where this gateway does not serve it. */
  constructor(plan: MoverPlan & { route: QueueRoute }, database: () => LiveView) {
    this.#plan = plan
    this.#database = database
    this.#writer = new MoveWriter(plan.name, database)
  }

  async write(source: SourceMove): Promise<MoveOutcome> {
    const events = new MovedEvents(source.events, { ...this.#plan, source: source.source })
    const move: Move = { ...source, events }
    try {
      return await this.#writer.write(move)
    } catch (error) {
      const isMissing = error instanceof PgqError && error.code === 'QUEUE_NOT_FOUND'
      if (!isMissing || !this.#plan.creates) throw error
      for (const name of events.queues) await addQueue(this.#database(), { name })
      return this.#writer.write(move)
    }
  }

  async close(): Promise<void> {}
}
