import { sleep } from '../../../async/backoff.ts'
import { PgqError } from '../../../errors.ts'
import { isAfter } from '../../../int8.ts'
import type { MoverPlan, NatsRoute } from '../../../mover-plan.ts'
import type { LiveView } from '../../../pubsub/live-view.ts'
import { admitExternalMove, recordExternalMove } from '../../../resolvers/movers/external-moves.ts'
import type { MoveOutcome } from '../../../resolvers/movers/moves.ts'
import type { SourceMove, Target } from '../target.ts'
import { type EventMessage, toMessages } from './message.ts'
import { NatsSession } from './session.ts'

/** Time after a failed connect in which all sources are told of it (milliseconds). */
const PATIENCE_MS = 500

/**
 * JetStream, which gets each event at least once: a move whose record is lost comes again, under the same message ids. A
 * database keeps the records.
 */
export class JetStreamTarget implements Target {
  readonly #plan: MoverPlan & { route: { nats: NatsRoute } }
  readonly #database: () => LiveView
  readonly #closing = new AbortController()
  #session: Promise<NatsSession> | undefined
  #reason: string | null = null

  /** @param database Finds the one that keeps the records. @throws PgqError `NOT_FOUND` where this gateway does not serve it. */
  constructor(plan: MoverPlan & { route: { nats: NatsRoute } }, database: () => LiveView) {
    this.#plan = plan
    this.#database = database
  }

  get reason(): string | null {
    return this.#reason
  }

  async write(move: SourceMove): Promise<MoveOutcome> {
    const { name } = this.#plan
    const { database } = this.#database()
    const { outcome, reason, appliedId } = await admitExternalMove(database, name, move)
    if (outcome !== 'admitted') return { outcome, reason }
    const origin = { mover: name, ...move.place, identity: move.origin.identity }
    const messages = toMessages(move.events, origin, this.#plan.route.nats.subject)
    const fresh = messages.filter(({ eventId }) => isAfter(eventId, appliedId ?? '0'))
    if (fresh.length > 0) await this.#publish(fresh)
    return recordExternalMove(database, name, move, move.events.ids)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const session = await this.#session?.catch(() => undefined)
    await session?.close()
  }

  async #publish(messages: readonly EventMessage[]): Promise<void> {
    try {
      await this.#publishOrCreate(messages)
      this.#reason = null
    } catch (error) {
      if (error instanceof PgqError && error.code !== 'BAD_INPUT') this.#reason = error.message
      throw error
    }
  }

  async #publishOrCreate(messages: readonly EventMessage[]): Promise<void> {
    const { name, creates, route } = this.#plan
    const { subject, maxInFlight } = route.nats
    const session = await this.#open()
    try {
      await session.publish(messages, maxInFlight)
    } catch (error) {
      const isMissing = error instanceof PgqError && error.code === 'NOT_FOUND'
      if (!isMissing || !creates) throw error
      await session.addStream(name.replaceAll(/[^\w-]/g, '_'), subject.wildcard)
      await session.publish(messages, maxInFlight)
    }
  }

  #open(): Promise<NatsSession> {
    if (this.#closing.signal.aborted) throw new PgqError('UNAVAILABLE', 'The mover has ended')
    this.#session ??= this.#connect()
    return this.#session
  }

  async #connect(): Promise<NatsSession> {
    const forget = () => {
      this.#session = undefined
    }
    try {
      const session = await NatsSession.open(`pgq-graphql mover ${this.#plan.name}`, this.#plan.route.nats)
      void session.ended().then(forget)
      return session
    } catch (error) {
      void sleep(PATIENCE_MS, this.#closing.signal).then(forget)
      throw error
    }
  }
}
