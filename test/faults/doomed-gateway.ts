import type pg from 'pg'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startGateway } from '../support/gateway.ts'
import { requestData, subscribe } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { type Delivery, Ledger, ledgerFields } from './ledger.ts'

/** Workers on the gateway that is going to die: one alone on a plain consumer, one member of a group. */
export const kinds = [
  { consumer: 'alone', member: null, transport: 'SSE', opens: 'next-batch' },
  { consumer: 'group', member: 'one', transport: 'WebSocket', opens: 'next-coop-batch' },
] as const

export interface Stream extends AsyncDisposable {
  next(): Promise<Delivery>
}

/** Runs a gateway that can be stopped wherever it waits for the database, and one that survives it. Neither ticks. */
export class DoomedGateway implements AsyncDisposable {
  readonly ledger = new Ledger(kinds.map(({ consumer }) => consumer))
  readonly #resources: Resources
  readonly #lock: pg.Client
  readonly #client: pg.Client

  constructor(resources: Resources) {
    this.#resources = resources
    this.#client = resources.client
    this.#lock = resources.lock
  }

  get survivorUrl(): string {
    return this.#resources.survivor.url
  }

  /** Publishes through the survivor, and ticks. @returns the event ids. */
  async publish(count: number): Promise<string[]> {
    const events = Array.from({ length: count }, (_, n) => ({ type: String(n) }))
    const { insertEvents } = await requestData(
      this.survivorUrl,
      `mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "q", events: $events }) { eventIds } }`,
      { events },
    )
    await requestData(this.survivorUrl, 'mutation { tick(input: { queue: "q", force: true }) { tickId } }')
    for (const id of insertEvents.eventIds) this.ledger.acknowledged.add(id)
    return insertEvents.eventIds
  }

  /** Opens a stream of each kind, closed with this. */
  openStreams(url: string): Stream[] {
    const opened = kinds.map(({ consumer, member, transport }) => {
      const coop = member && { subconsumer: member, deadIntervalSeconds: 1 }
      const input = { queue: 'q', consumer, standby: true, ...coop }
      const query = `subscription ($input: BatchesInput!) { batches(input: $input) { ${ledgerFields} } }`
      const stream = subscribe(transport, url, query, { input })
      return {
        next: async () => this.ledger.receive(consumer, url, (await stream.nextData(10_000)).batches),
        [Symbol.asyncDispose]: () => stream.stop(),
      }
    })
    this.#resources.streams.push(...opened)
    return opened
  }

  /** Settles a batch. @returns false when it was settled before. */
  async settle(url: string, delivery: Delivery): Promise<boolean> {
    const { finishBatch } = await requestData(
      url,
      'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }',
      { input: { batchId: delivery.batchId, leaseToken: delivery.leaseToken } },
    )
    this.ledger.settle(delivery, 'finished')
    return finishBatch.finished
  }

  /**
   * Makes the doomed gateway open a batch of each kind with so many events.
   *
   * @param upTo `asked` stops before its statements are sent, `done` before their answers arrive, and `answered` after
   *   the batches are delivered.
   * @returns the delivered batches.
   */
  async openBatches(events: number, upTo: 'asked' | 'done' | 'answered'): Promise<Delivery[]> {
    const holds = kinds.map(({ opens }) => this.#resources.proxy.hold(opens))
    const streams = this.openStreams(this.#url)
    const deliveries = streams.map((stream) => stream.next())
    for (const delivery of deliveries) delivery.catch(() => {})
    for (const hold of holds) await hold.reached()
    await this.publish(events)
    if (upTo === 'done') {
      for (const hold of holds) hold.keepAnswers()
      await this.#hasOpen(kinds.length)
      for (const hold of holds) await hold.reached()
    }
    if (upTo !== 'answered') return []
    for (const hold of holds) hold.release()
    return Promise.all(deliveries)
  }

  /**
   * Makes the doomed gateway settle these.
   *
   * @param upTo As in `openBatches`; `under way` stops while the database is at work. After `done`, if more was
   *   published, the lone worker's next batch is open; a group's is not.
   */
  async settleBatches(
    deliveries: readonly Delivery[],
    upTo: 'asked' | 'under way' | 'done',
    { hasMore = false } = {},
  ): Promise<void> {
    const hold = this.#resources.proxy.hold('finish-batch')
    for (const delivery of deliveries) this.settle(this.#url, delivery).catch(() => {})
    await hold.reached(deliveries.length)
    if (upTo === 'under way') {
      await this.#lock.query('begin; select from pgq.subscription for update')
      hold.release()
      await this.#hasWaiting(deliveries.length)
    }
    if (upTo === 'done') {
      hold.keepAnswers()
      await this.#hasOpen(hasMore ? 1 : 0)
      await hold.reached(deliveries.length)
    }
  }

  /** Sends SIGKILL. Backends finish the statements that they have begun. */
  async kill(): Promise<void> {
    this.ledger.fault('kill')
    await this.#resources.victim.kill()
    await this.#lock.query('rollback')
    await this.#hasWaiting(0)
  }

  async readCommitted(): Promise<void> {
    await this.ledger.readCommitted(this.#client)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { streams, victim, survivor, proxy, client, lock, fixture } = this.#resources
    await Promise.allSettled(streams.map((stream) => stream[Symbol.asyncDispose]()))
    for (const resource of [victim, survivor, proxy]) await resource[Symbol.asyncDispose]()
    await Promise.all([client.end(), lock.end()])
    await fixture[Symbol.asyncDispose]()
  }

  get #url(): string {
    return this.#resources.victim.url ?? ''
  }

  async #hasOpen(count: number): Promise<void> {
    const open = 'select from pgq.subscription where sub_batch is not null'
    await until(async () => (await this.#client.query(open)).rowCount === count, `${count} open batches`)
  }

  async #hasWaiting(count: number): Promise<void> {
    const waiting = `select from pg_stat_activity
      where query like '%pgq_gateway.finish_%' and state = 'active' and datname = current_database() and pid <> pg_backend_pid()`
    await until(async () => (await this.#client.query(waiting)).rowCount === count, `${count} settlings`)
  }
}

type Resources = Awaited<ReturnType<typeof startResources>>

async function startResources() {
  const fixture = await createTestDatabase()
  const proxy = await startTcpProxy(fixture.url)
  const survivor = await startTestServer({ fixture, ticker: false })
  const victim = await startGateway(proxy.url, { args: ['--port', '0', '--no-ticker'] })
  const [client, lock] = [await fixture.connect(), await fixture.connect()]
  return { fixture, proxy, survivor, victim, client, lock, streams: [] as Stream[] }
}

export async function startDoomedGateway(): Promise<DoomedGateway> {
  const resources = await startResources()
  await requestData(resources.survivor.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
  for (const { consumer, member } of kinds) {
    if (member)
      await resources.client.query(`select pgq_coop.register_subconsumer('q', $1, $2)`, [consumer, member])
    else await resources.client.query(`select pgq.register_consumer('q', $1)`, [consumer])
  }
  return new DoomedGateway(resources)
}
