import type { Statement } from '../../postgres/call.ts'
import type { Database } from '../../postgres/database.ts'
import { isOutage } from '../../postgres/outage.ts'
import { type BatchRow, type NextCoopBatchInput, openCoopBatch, openedColumns } from './open-batch.ts'

interface Member {
  input: NextCoopBatchInput
  streamId: string
  /** Aborted when its stream ends: then no batch is opened for it, unless the statement is already under way. */
  signal: AbortSignal
  resolve(batch: BatchRow | null): void
  reject(error: unknown): void
}

/** Maximum number of members that share a statement: while it runs, the group's members at other gateways wait. */
const MAX_SHARED_MEMBERS = 16

const nextStatement: Statement = {
  name: 'next-coop-batches',
  role: 'reader',
  text: `select $1::text as database, place, ${openedColumns}
    from pgq_gateway.next_coop_batches($2, $3, $4, make_interval(secs => $5), $6, make_interval(secs => $7),
                                       make_interval(secs => $8), $9, $10) next
   cross join lateral (select (next.opened).*) batch`,
}

/** Opens batches for the members of cooperative consumers that have streams here, in as few commits as possible. */
export class OpenBatcher {
  readonly #database: Database
  /** Groups by the input that their members share, present while a statement is under way. */
  readonly #groups = new Map<string, Group>()

  constructor(database: Database) {
    this.#database = database
  }

  /** @returns Null when no batch is ready, or the stream has ended. */
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
 * Collects members of one cooperative consumer with equal conditions. SQL lets one member of a group open a batch at
 * a time, until that is committed. So a member asks at once when no statement is under way; those that come meanwhile
 * would have to wait for that commit anyway, and then share a statement and a commit. Where a shared statement fails,
 * each tries alone.
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
    const rows = await database.call<BatchRow & { place: number }>(
      nextStatement,
      [
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
      ],
      { queue: input.queue },
    )
    for (const { place, ...batch } of rows) members[place - 1]?.resolve(batch)
    for (const { resolve } of members) resolve(null)
  }
}
