import { expect, test } from 'vitest'
import { touchBatch } from '../../../src/resolvers/batches/leases.ts'
import { nextCoopBatch } from '../../../src/resolvers/batches/next-batch.ts'
import { createTestContext } from '../../support/context.ts'
import { createTestDatabase } from '../../support/database.ts'
import { until } from '../../support/deadline.ts'

const member = { database: 'main', queue: 'q', consumer: 'g', subconsumer: 'm' }

test.each(['touchBatch', 'nextCoopBatch'] as const)(
  'a sign of life by %s counts from when it is given, not from when it began to wait for a lock',
  async (by) => {
    await using fixture = await createTestDatabase()
    const database = await fixture.open()
    const [client, lock] = [await fixture.connect(), await fixture.connect()]
    await using _connections = {
      async [Symbol.asyncDispose]() {
        await Promise.all([client.end(), lock.end(), database.close()])
      },
    }
    const context = createTestContext(database)
    await client.query(`select pgq.create_queue('q'), pgq_coop.register_subconsumer('q', 'g', 'm')`)
    await client.query(`select pgq.insert_event('q', 'x', '')`)
    await client.query(`select pgq.force_tick('q')`)
    await client.query(`select pgq.ticker('q')`)
    const batch = await nextCoopBatch(context, member)
    const { batchId = '', leaseToken } = batch ?? {}

    await lock.query('begin; select from pgq.subscription for update')
    const given =
      by === 'touchBatch'
        ? touchBatch(context, { database: 'main', batchId, leaseToken })
        : nextCoopBatch(context, member)
    const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
    await until(async () => (await client.query(waiting)).rowCount !== 0, 'the wait for the lock')
    const { rows } = await client.query('select clock_timestamp()::text as at')
    await lock.query('commit')
    await given
    const { rows: after } = await client.query(
      `select sub_active >= $1 as "isFresh" from pgq.subscription where sub_batch is not null`,
      [rows[0].at],
    )
    expect(after).toEqual([{ isFresh: true }])
  },
)
