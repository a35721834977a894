import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../support/deadline.ts'
import { request, requestData } from '../support/graphql.ts'
import { createRandom, type Random } from '../support/random.ts'
import { createLeaseLog } from './lease-log.ts'
import { Ledger } from './ledger.ts'
import { PatientClient } from './patient-client.ts'
import { Worker, type WorkerOptions } from './worker.ts'

export interface TrafficOptions {
  /** Returns the endpoints that are alive now. */
  urls: () => readonly string[]
  /** Direct connection for the producer in SQL and the ledger, not through a proxy. */
  databaseUrl: string
  random?: Random
  slowMs?: number
  workers?: readonly WorkerPlan[]
}

export type WorkerPlan = Pick<WorkerOptions, 'name' | 'consumer' | 'subconsumer' | 'standby' | 'transport'>

/** Traffic for tests of faults: producers through gateways and in SQL, and consumers of each kind. */
export interface Traffic extends AsyncDisposable {
  readonly ledger: Ledger
  readonly workers: readonly Worker[]
  /** Publishes an event and waits until every consumer has settled it. */
  flows(timeoutMs?: number): Promise<void>
  /**
   * Stops the producers and waits until everything is settled.
   *
   * @throws with every missing event and every other broken promise.
   */
  finish(timeoutMs?: number): Promise<void>
}

const someWorkers: readonly WorkerPlan[] = [
  { name: 'plain', consumer: 'plain', transport: 'SSE' },
  { name: 'holder', consumer: 'shared', standby: true, transport: 'WebSocket' },
  { name: 'standby', consumer: 'shared', standby: true, transport: 'SSE' },
  { name: 'member 1', consumer: 'group', subconsumer: 'm1', transport: 'SSE' },
  { name: 'member 2', consumer: 'group', subconsumer: 'm2', transport: 'WebSocket' },
]

/** Makes queue `q` with its consumers and begins; resolves when events flow. */
export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const {
    urls,
    databaseUrl,
    random = createRandom('FAULT_SEED'),
    slowMs = 0,
    workers: plans = someWorkers,
  } = options
  await requestData(
    urls()[0] ?? '',
    'mutation { createQueue(input: { name: "q", tickerMaxLagSeconds: 0.1 }) { created } }',
  )
  const consumers = [...new Set(plans.map(({ consumer }) => consumer))]
  const ledger = new Ledger(consumers)
  const sql = new PatientClient(databaseUrl)
  await sql.patiently((client) => client.query(createLeaseLog), 'a log of leases')
  for (const { consumer, subconsumer } of plans) {
    // A member is otherwise registered by its stream, too late for the first events.
    if (subconsumer)
      await sql.query(`select pgq_coop.register_subconsumer('q', $1, $2)`, [consumer, subconsumer])
    else await sql.query(`select pgq.register_consumer('q', $1)`, [consumer])
  }
  const stopping = new AbortController()
  const workers = plans.map((plan) => new Worker({ ...plan, random, urls, ledger, slowMs }))
  const producers = [
    produceThroughGateways(urls, random, ledger, stopping.signal),
    produceInSql(databaseUrl, random, stopping.signal),
  ]
  const traffic: Traffic = {
    ledger,
    workers,
    async flows(timeoutMs = 20_000) {
      const id = await sql.query(`select pgq.insert_event('q', 'mark', '') as id`)
      const waiting = () => consumers.filter((consumer) => !ledger.isSettled(consumer, id))
      await until(() => waiting().length === 0, 'events to flow', {
        timeoutMs,
        describe: () => `(not to ${waiting().join(', ')})`,
      })
    },
    async finish(timeoutMs = 30_000) {
      stopping.abort()
      await Promise.all(producers)
      // A statement whose publisher has given up may still be under way.
      const read = () => sql.patiently((client) => ledger.readCommitted(client), 'the committed events')
      while ((await read()).hasGrown) {
        const deadline = { timeoutMs, describe: () => `\n${ledger}` }
        await until(() => ledger.isComplete, 'all events at all consumers', deadline)
      }
      await Promise.all(workers.map((worker) => worker.stop()))
      await sql.patiently((client) => ledger.readLate(client), 'what was committed late')
      await sql.patiently((client) => ledger.readLeases(client), 'the leases')
      const problems = [...ledger.violations(), ...workers.flatMap((worker) => worker.errors)]
      if (problems.length > 0) throw new Error(`FAULT_SEED=${random.seed}\n${problems.join('\n')}\n${ledger}`)
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all(producers)
      await Promise.all(workers.map((worker) => worker.stop()))
      await sql.end()
    },
  }
  try {
    await traffic.flows()
    return traffic
  } catch (error) {
    await traffic[Symbol.asyncDispose]()
    throw error
  }
}

async function produceThroughGateways(
  urls: () => readonly string[],
  random: Random,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<void> {
  const one = 'mutation ($type: String!) { insertEvent(input: { queue: "q", type: $type }) { eventId } }'
  const many =
    'mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "q", events: $events }) { eventIds } }'
  for (let n = 0; !signal.aborted; n++) {
    const events = Array.from({ length: 1 + random.below(10) }, (_, index) => ({
      type: `gateway ${n} ${index}`,
    }))
    const [query, variables] = events.length === 1 ? [one, { type: `gateway ${n}` }] : [many, { events }]
    // A failed request may have been committed; the tables will tell.
    const result = await request(
      random.pick([...urls(), 'http://127.0.0.1:1/']),
      query,
      variables,
      AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    ).catch(() => undefined)
    const ids = result?.data?.insertEvents?.eventIds ?? [result?.data?.insertEvent?.eventId]
    for (const id of ids) if (id !== undefined) ledger.acknowledged.add(id)
    await delay(random.below(20))
  }
}

/** Runs transactions like those of other programs; some stay open across ticks, some roll back. */
async function produceInSql(databaseUrl: string, random: Random, signal: AbortSignal): Promise<void> {
  const sql = new PatientClient(databaseUrl)
  for (let n = 0; !signal.aborted; n++) {
    const waitMs = random.next() < 0.2 ? random.below(300) : 0
    const isKept = random.next() >= 0.2
    await sql
      .use(async (client) => {
        await client.query('begin')
        await client.query(`select pgq.insert_event('q', $1, '')`, [`sql ${n}`])
        await delay(waitMs)
        await client.query(isKept ? 'commit' : 'rollback')
      })
      .catch(() => {})
    await delay(random.below(20))
  }
  await sql.end()
}
