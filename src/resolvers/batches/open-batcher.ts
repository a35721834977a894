import type { Database } from '../../postgres/database.ts'
import { isOutage } from '../../postgres/outage.ts'
import { type BatchRow, type NextCoopBatchInput, openCoopBatch, openedColumns } from './open-batch.ts'

interface Member {
  input: NextCoopBatchInput
  streamId: string
  /** Aborted when its stream is over: then nothing is opened for it, if that can still be helped. */
  signal: AbortSignal
  resolve(batch: BatchRow | null): void
  reject(error: unknown): void
}

/** Members that share a statement, at most: while it runs, the group's members at other gateways wait. */
const MAX_SHARED_MEMBERS = 16

const nextStatement = {
  name: 'next-coop-batches',
  text: `select $1::text as database, place, ${openedColumns}
    from pgq_gateway.next_coop_batches($2, $3, $4, make_interval(secs => $5), $6, make_interval(secs => $7),
                                       make_interval(secs => $8), $9, $10) next
   cross join lateral (select (next.opened).*) batch`,
}

/** Opens batches for the members of cooperative consumers that have streams here, with as few commits as can be. */
export class OpenBatcher {
  readonly #database: Database
  /** By what its members have in common, and only while something is under way. */
  readonly #groups = new Map<string, Group>()

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Opens the next batch of a member, together with other members of its group that wait at the same time.
   *
   * @returns Null, too, for a stream that is over.
   */
  open(input: NextCoopBatchInput, streamId: string, signal: AbortSignal): Promise<BatchRow | null> {
    const { queue, consumer, minLagSeconds, minCount, minIntervalSeconds, deadIntervalSeconds } = input
    const key = JSON.stringify([
      queue,
      consumer,
      minLagSeconds,
      minCount,
      minIntervalSeconds,
      deadIntervalSeconds,
    ])
    const group = this.#groups.get(key) ?? new Group(this.#database, () => this.#groups.delete(key))
    this.#groups.set(key, group)
    return new Promise((resolve, reject) => group.add({ input, streamId, signal, resolve, reject }))
  }
}

/**
 * The members of one group that want the same of a batch. Only one of a group can open a batch at a time, and until
 * that is on disk. So a member that finds nothing under way asks at once; those that come meanwhile would wait for
 * that commit in any case, and then share a statement, and so a commit. Where a shared statement fails, each tries
 * alone.
 */
class Group {
  readonly #database: Database
  readonly #onIdle: () => void
  readonly #waiting: Member[] = []
  #isBusy = false

  constructor(database: Database, onIdle: () => void) {
    this.#database = database
    this.#onIdle = onIdle
  }

  add(member: Member): void {
    this.#waiting.push(member)
    if (!this.#isBusy) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isBusy = true
    while (this.#waiting.length > 0) {
      const members = this.#waiting.splice(0, MAX_SHARED_MEMBERS)
      for (const { resolve, signal } of members) if (signal.aborted) resolve(null)
      await this.#open(members.filter(({ signal }) => !signal.aborted))
    }
    this.#onIdle()
  }

  async #open(members: readonly Member[]): Promise<void> {
    const [first, second] = members
    if (!first) return
    try {
      if (second) await this.#openAll(first, members)
      else first.resolve(await openCoopBatch(this.#database, first.input, first.streamId))
    } catch (error) {
      if (isOutage(error) || !second) for (const { reject } of members) reject(error)
      else for (const member of members) await this.#open([member])
    }
  }

  async #openAll({ input }: Member, members: readonly Member[]): Promise<void> {
    const database = this.#database
    const rows = await database.call<BatchRow & { place: number }>('reader', nextStatement, [
      database.name,
      input.queue,
      input.consumer,
      members.map((member) => member.input.subconsumer),
      input.minLagSeconds ?? null,
      input.minCount ?? null,
      input.minIntervalSeconds ?? null,
      input.deadIntervalSeconds ?? null,
      members.map((member) => member.streamId),
      database.gatewayId,
    ])
    for (const { place, ...batch } of rows) members[place - 1]?.resolve(batch)
    for (const { resolve } of members) resolve(null)
  }
}
