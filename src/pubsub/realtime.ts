import { withDeadline } from '../async/deadline.ts'
import type { Databases } from '../database/databases.ts'
import { PgqError } from '../errors.ts'
import type { Int8 } from '../int8.ts'
import type { Database } from '../postgres/connections.ts'
import type { BatchRow } from '../resolvers/batches/next-batch.ts'
import { type ConsumerRow, findAllConsumers } from '../resolvers/consumers/consumers.ts'
import type { Context } from '../resolvers/context.ts'
import type { EventFilter } from '../resolvers/events/events.ts'
import { findAllQueues, type QueueRow } from '../resolvers/queues/queues.ts'
import { checkIntervals } from '../resolvers/seconds.ts'
import { type BatchAvailability, batchAvailable } from './batches/availability-stream.ts'
import { type BatchesInput, batches } from './batches/batches-stream.ts'
import { Claims } from './batches/claims.ts'
import { LeaseKeeper } from './batches/lease-keeper.ts'
import { TakeoverWatch } from './batches/takeover-watch.ts'
import { Sampler } from './stats/sampler.ts'
import type { Stream } from './stream.ts'
import { TailShares } from './tail/tail-share.ts'
import type { TailMessage } from './tail/tail-source.ts'
import { tail } from './tail/tail-stream.ts'
import { TickFeed } from './ticks/tick-feed.ts'
import { type TickMessage, ticksOfAllQueues, ticksOfQueue } from './ticks/ticks-stream.ts'

interface Live {
  database: Database
  feed: TickFeed
  leases: LeaseKeeper
  claims: Claims
  takeovers: TakeoverWatch
  samplers: Map<string, Sampler<Sample>>
  tails: TailShares
}

interface Sample {
  queues: QueueRow[]
  consumers: ConsumerRow[]
}

const MIN_INTERVAL_SECONDS = 0.1
const MAX_INTERVAL_SECONDS = 3_600
const CLOSE_DEADLINE_MS = 4_000

/** The live side of a gateway: one tick feed and one lease keeper per database, and every stream that is open. */
export class Realtime {
  readonly #databases: Databases
  readonly #live: ReadonlyMap<string, Live>
  readonly #streams = new Set<Stream<unknown>>()
  #isClosed = false

  /** @param isTickerLocal Whether this process ticks a database, so that other gateways need no notice of what it publishes. */
  constructor(databases: Databases, isTickerLocal: (database: string) => boolean = () => false) {
    this.#databases = databases
    this.#live = new Map(
      [...databases].map((database) => {
        const feed = new TickFeed(database, { isTickerLocal: () => isTickerLocal(database.name) })
        return [
          database.name,
          {
            database,
            feed,
            leases: new LeaseKeeper(database, feed),
            claims: new Claims(database, feed),
            takeovers: new TakeoverWatch(database),
            samplers: new Map(),
            tails: new TailShares(),
          },
        ]
      }),
    )
  }

  /** Begins to listen, as soon as each database is ready. */
  start(): void {
    for (const { feed } of this.#live.values()) feed.start()
  }

  /** How many streams are open. */
  get streamCount(): number {
    return this.#streams.size
  }

  /** What the streams of a database hold beside their subscription. */
  held(database: string): { leases: number; claims: number; standbys: number; takeovers: number } {
    const { leases, claims, takeovers } = this.#liveOf(database)
    return {
      leases: leases.size,
      claims: claims.size,
      standbys: claims.standbyCount,
      takeovers: takeovers.size,
    }
  }

  feed(database: string): TickFeed {
    return this.#liveOf(database).feed
  }

  ticks(input: {
    database: string
    queue?: string | null | undefined
    after?: Int8 | null | undefined
  }): Stream<TickMessage> {
    const live = this.#liveOf(input.database)
    if (input.queue != null) return this.#track(ticksOfQueue(live, input.queue, input.after ?? null))
    if (input.after != null) {
      throw new PgqError('BAD_INPUT', 'after needs a queue: each queue counts its own ticks', {
        field: 'after',
      })
    }
    return this.#track(ticksOfAllQueues(live))
  }

  tail(
    context: Context,
    input: {
      database: string
      queue: string
      after?: Int8 | null | undefined
      filter?: EventFilter | null | undefined
    },
  ): Stream<TailMessage> {
    const { database, queue, after = null, filter } = input
    const maxEvents = context.limits.maxBatchEvents
    return this.#track(tail(this.#liveOf(database), { queue, after, filter, maxEvents }))
  }

  batchAvailable(
    context: Context,
    input: { database: string; queue: string; consumer: string },
  ): Stream<BatchAvailability> {
    return this.#track(batchAvailable(context, this.#liveOf(input.database), input))
  }

  /** @throws PgqError `BAD_INPUT` for intervals out of range. */
  batches(context: Context, input: BatchesInput): Stream<BatchRow> {
    for (const field of ['deadIntervalSeconds', 'heartbeatSeconds'] as const) {
      const seconds = input[field]
      if (seconds != null && !(seconds >= 1 && seconds <= 86_400)) {
        throw new PgqError('BAD_INPUT', `${field} must be from 1 to 86400`, { field })
      }
    }
    checkIntervals(input, ['minLagSeconds', 'minIntervalSeconds'])
    return this.#track(batches(context, this.#liveOf(input.database), input))
  }

  /** Samples of all queues and consumers, taken once per database and interval for all who look. */
  stats(input: { database: string; intervalSeconds: number }): Stream<Sample> {
    const { database, samplers } = this.#liveOf(input.database)
    const { intervalSeconds } = input
    if (!(intervalSeconds >= MIN_INTERVAL_SECONDS && intervalSeconds <= MAX_INTERVAL_SECONDS)) {
      const range = `${MIN_INTERVAL_SECONDS} to ${MAX_INTERVAL_SECONDS}`
      throw new PgqError('BAD_INPUT', `intervalSeconds must be from ${range}, got ${intervalSeconds}`, {
        field: 'intervalSeconds',
      })
    }
    const key = String(intervalSeconds)
    for (const [other, sampler] of samplers) if (!sampler.isWatched) samplers.delete(other)
    const sampler = samplers.get(key) ?? new Sampler(intervalSeconds * 1_000, () => takeSample(database))
    samplers.set(key, sampler)
    return this.#track(sampler.watch())
  }

  /** Ends every stream and gives back what they hold; the databases must still be open. */
  async close(): Promise<void> {
    this.#isClosed = true
    const closed = [...this.#streams].map(async (stream) => {
      await stream.return()
      await stream.closed
    })
    // A database that is silent is not waited for: without this process its claims are void anyway.
    await withDeadline(Promise.all(closed), CLOSE_DEADLINE_MS, 'end of all streams').catch(() => {})
    for (const { leases, claims, takeovers } of this.#live.values()) {
      leases.close()
      claims.close()
      takeovers.close()
    }
    await Promise.all([...this.#live.values()].map(({ feed }) => feed.stop()))
  }

  #liveOf(name: string): Live {
    const live = this.#live.get(this.#databases.get(name).name)
    if (!live || this.#isClosed)
      throw new PgqError('UNAVAILABLE', 'This server is shutting down; connect again')
    return live
  }

  #track<Value>(stream: Stream<Value>): Stream<Value> {
    this.#streams.add(stream)
    void stream.closed.then(() => this.#streams.delete(stream))
    return stream
  }
}

async function takeSample(database: Database): Promise<Sample> {
  const [queues, consumers] = await Promise.all([findAllQueues(database), findAllConsumers(database)])
  return { queues, consumers }
}
