import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { engineChoice } from '../support/engines.ts'
import type { Names } from './documents.ts'
import { type GuardedServer, startGuardedServer } from './guarded-server.ts'

/** Whatever an answer must not hold unless its caller may see it: names, payloads, ids and leases of the attacked queue. */
export const canary =
  /canary|77000\d{4}|88000\d{4}|99000\d{4}|66000\d{4}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/

export interface AttackedServer extends AsyncDisposable {
  readonly server: GuardedServer
  /** What there is. */
  readonly hidden: Names
  /** Names of the same kind that nothing has. */
  readonly absent: Names
}

/** Starts a server with one queue that is full of canaries, a plain one, and a second database. */
export async function startAttackedServer(): Promise<AttackedServer> {
  const server = await startGuardedServer({
    ticker: false,
    movers: [
      {
        name: 'plain_mover',
        from: { databases: 'none', queue: 'plain_queue' },
        to: { database: 'main', queue: 'plain_queue' },
      },
    ],
  })
  const second = await addSecondDatabase(server)
  for (const queue of ['canary_queue', 'plain_queue'])
    await server.done('root', `mutation { createQueue(input: { name: "${queue}" }) { created } }`)
  await raiseSequences(server)
  return {
    server,
    hidden: await fill(server),
    absent: {
      database: 'main',
      queue: 'absent_queue',
      consumer: 'absent_coop',
      member: 'absent_member',
      type: 'absent_type',
      batchId: '4200000001',
      eventId: '4200000002',
      deadLetterId: '4200000003',
      jobId: '00000000-0000-4000-8000-000000000001',
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await second[Symbol.asyncDispose]()
    },
  }
}

async function addSecondDatabase({ gateway }: GuardedServer): Promise<TestDatabase> {
  const second = await createTestDatabase()
  const database = gateway.databases.add({
    name: 'second',
    connectionString: second.url,
    engine: engineChoice(second.engine),
    ticker: false,
  })
  await database.ready()
  const client = await second.connect()
  await client.query(`select pgq.create_queue('canary_second')`)
  await client.end()
  return second
}

/** Makes ids recognizable. */
async function raiseSequences({ fixture }: GuardedServer): Promise<void> {
  const client = await fixture.connect()
  await client.query(`
    select setval(queue_tick_seq::regclass, 770000000), setval(queue_event_seq::regclass, 990000000)
      from pgq.queue where queue_name = 'canary_queue';
    select setval('pgq.batch_id_seq', 880000000),
           setval(pg_get_serial_sequence('pgq_gateway.dead_letter', 'dead_letter_id'), 660000000)`)
  await client.end()
}

async function fill({ done }: GuardedServer): Promise<Names> {
  const root = (operation: string) => done('root', `mutation { ${operation} }`)
  const tick = () => root('tick(input: { queue: "canary_queue", force: true }) { tickId }')
  await tick()
  for (const consumer of ['canary_consumer', 'canary_other'])
    await root(`registerConsumer(input: { queue: "canary_queue", consumer: "${consumer}" }) { registered }`)
  await root(
    'registerSubconsumer(input: { queue: "canary_queue", consumer: "canary_coop", subconsumer: "canary_member" }) { registered }',
  )
  await root(
    'registerEventType(input: { queue: "canary_queue", type: "canary_type", schema: { title: "canary_type" } }) { created }',
  )
  const extras = [1, 2, 3, 4].map((n) => `extra${n}: "canary_extra"`).join()
  const { insertEvent } = await root(
    `insertEvent(input: { queue: "canary_queue", type: "canary_type", data: "\\"canary_data\\"", ${extras} }) { eventId }`,
  )
  await tick()
  const { nextBatch } = await root(
    'nextBatch(input: { queue: "canary_queue", consumer: "canary_consumer" }) { batch { batchId leaseToken events { eventId } } }',
  )
  await root(
    'nextCoopBatch(input: { queue: "canary_queue", consumer: "canary_coop", subconsumer: "canary_member" }) { batch { batchId } }',
  )
  const { batchId, leaseToken } = nextBatch.batch
  const { eventId } = insertEvent
  const { failEvent } = await root(
    `failEvent(input: { batchId: "${batchId}", leaseToken: "${leaseToken}", eventId: "${eventId}", reason: "canary_reason" }) { deadLetter { deadLetterId } }`,
  )
  const { deleteAllDeadLetters } = await root(
    `deleteAllDeadLetters(input: { queue: "canary_queue", consumer: "canary_consumer", filter: { reason: "none" } }) { job { id } }`,
  )
  // There is something to open.
  await tick()
  return {
    database: 'main',
    queue: 'canary_queue',
    consumer: 'canary_coop',
    member: 'canary_member',
    type: 'canary_type',
    batchId,
    eventId,
    deadLetterId: failEvent.deadLetter.deadLetterId,
    jobId: deleteAllDeadLetters.job.id,
  }
}
