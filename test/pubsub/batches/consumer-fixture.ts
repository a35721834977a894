import type { LiveDatabase } from '../../../src/database/live-database.ts'
import { type BatchesInput, batches } from '../../../src/pubsub/batches/batches-stream.ts'
import type { Stream } from '../../../src/pubsub/stream.ts'
import { finishBatch } from '../../../src/resolvers/batches/finish-batch.ts'
import type { BatchRow } from '../../../src/resolvers/batches/open-batch.ts'
import type { SchemaContext } from '../../../src/schema/context.ts'
import { createTestContext } from '../../support/context.ts'
import { createTestDatabase, type EngineName } from '../../support/database.ts'
import { withDeadline } from '../../support/deadline.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

/** A gateway behind a proxy, with a queue `q` whose consumer `c` is owed a batch for each of `types`, of one event. */
export async function setUpConsumer(types: readonly string[], engine: EngineName = 'sql-18') {
  const fixture = await createTestDatabase(engine)
  const proxy = await startTcpProxy(fixture.url)
  const live = await fixture.open({ connectionString: proxy.url })
  const context = createTestContext(live)
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
  const publish = async (type: string) => {
    await client.query(`select pgq.insert_event('q', $1, '')`, [type])
    await client.query(`select pgq_gateway.tick('q', true)`)
  }
  for (const type of types) await publish(type)
  return {
    fixture,
    proxy,
    live,
    context,
    client,
    publish,
    open: (input: Partial<BatchesInput> = {}) => openStream(context, input),
    finish: ({ batchId, leaseToken }: BatchRow, more = {}) =>
      finishBatch(context, { database: 'main', batchId, leaseToken, ...more }),
    /** What is open, and the lease that counts. */
    openBatches: async (): Promise<Pick<BatchRow, 'batchId' | 'leaseToken'>[]> => {
      const { rows } = await client.query(
        `select sub_batch as "batchId", token as "leaseToken" from pgq.subscription
           left join pgq_gateway.lease on batch_id = sub_batch where sub_batch is not null`,
      )
      return rows
    },
    typesOf: async ({ batchId }: BatchRow) =>
      (await client.query('select ev_type from pgq.get_batch_events($1)', [batchId])).rows.map(
        (row): string => row.ev_type,
      ),
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await live.close()
      await proxy[Symbol.asyncDispose]()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

/** Consumes `q` as `c`. */
export function openStream(context: SchemaContext, input: Partial<BatchesInput> = {}): Stream<BatchRow> {
  const all = { database: 'main', queue: 'q', consumer: 'c', standby: false, ...input }
  return batches(context.database('main'), all)
}

/** Counts what the streams of a database hold. */
export function heldBy({ leases, claims, takeovers }: LiveDatabase) {
  return {
    leases: leases.size,
    claims: claims.size,
    standbys: claims.standbyCount,
    takeovers: takeovers.size,
  }
}

export async function next(stream: Stream<BatchRow>): Promise<BatchRow> {
  const { value } = await withDeadline(stream.next(), 'a batch')
  if (!value) throw new Error('the stream is over')
  return value
}

export function idOf({ batchId, leaseToken }: BatchRow) {
  return { batchId, leaseToken }
}
