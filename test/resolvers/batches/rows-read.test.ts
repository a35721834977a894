import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { availableEngines, createTestDatabase, type EngineName } from '../../support/database.ts'
import { engineChoice } from '../../support/engines.ts'

const FEW = 3
const MANY = 500
/** Difference in rows read, for the catalog and for small tables that are cheaper to read whole. */
const ALLOWED = 60

/**
 * A queue with events in two ticks, that many plain consumers, of which `c1` has a batch open and `c2` none, as many
 * groups of two, of which `group1.busy` has one and `group1.idle` none, and as many other queues.
 */
async function setUp(engine: EngineName, count: number) {
  const fixture = await createTestDatabase(engine)
  const client = await fixture.connect()
  const run = async (text: string) => (await client.query(text)).rows
  await run(`select pgq.create_queue('q')`)
  await run(`select pgq.register_consumer('q', 'c' || n) from generate_series(1, ${count}) n`)
  for (const member of ['busy', 'idle'])
    await run(
      `select pgq_coop.register_subconsumer('q', 'group' || n, '${member}') from generate_series(1, ${count}) n`,
    )
  await run(
    `insert into pgq.queue (queue_id, queue_name, queue_data_pfx, queue_event_seq, queue_tick_seq)
     select id, 'other' || id, 'pgq.event_' || id, 'pgq.event_' || id || '_id_seq', 'pgq.event_' || id || '_tick_seq'
       from (select nextval('pgq.queue_queue_id_seq')::int as id from generate_series(1, ${count})) given`,
  )
  await run(
    `update pgq.queue set queue_ticker_max_lag = '0', queue_ticker_idle_period = '0' where queue_name = 'q'`,
  )
  for (let tick = 0; tick < 2; tick++) {
    await run(`select pgq_gateway.insert_events('q', '{t,t}', '{1,2}')`)
    await run(`select pgq_gateway.tick('q', true)`)
  }
  const [batch] = await run(`select * from pgq_gateway.next_batch('q', 'c1', null, null, null, null, null)`)
  const [ofMember] = await run(
    `select * from pgq_gateway.next_coop_batch('q', 'group1', 'busy', null, null, null, null, null, null)`,
  )
  await run(
    `select pgq_gateway.next_coop_batch('q', 'group' || n, 'busy', null, null, null, null, null, null)
       from generate_series(2, ${count}) n`,
  )
  return {
    client,
    batch: batch as Batch,
    ofMember: ofMember as Batch,
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

interface Batch {
  batch_id: string
  lease_token: string
}

/** Runs a statement, undoes it, and returns how many rows were read for it. */
async function rowsReadBy(client: pg.Client, text: string): Promise<number> {
  // This counts earlier transactions too, as long as their counts are not reported.
  const rowsRead = async () => {
    const { rows } = await client.query<{ count: number }>(
      `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as count from pg_stat_xact_user_tables
        where schemaname in ('pgq', 'pgq_gateway')`,
    )
    return rows[0]?.count ?? Number.NaN
  }
  await client.query('begin')
  const before = await rowsRead()
  await client.query(text)
  const after = await rowsRead()
  await client.query('rollback')
  return after - before
}

const finish = ({ batch_id, lease_token }: Batch) =>
  `pgq_gateway.finish_batch(${batch_id}, '${lease_token}', 1, '{}', '{}', '{}', '{}')`

type Open = Awaited<ReturnType<typeof setUp>>

/** Statements that are sent for each batch, its heartbeat or a tick. */
const statements: Record<string, (open: Open) => string> = {
  'next_batch of an idle consumer': () =>
    `select pgq_gateway.next_batch('q', 'c2', null, 1, null, null, null)`,
  'finish_batch and the next one': ({ batch }) =>
    `select pgq_gateway.next_after_finish(${finish(batch)}, 'q', 'c1', null, null, null, null, null)`,
  'finish_batch of a member': ({ ofMember }) => `select ${finish(ofMember)}`,
  'next_coop_batch of an idle member': () =>
    `select pgq_gateway.next_coop_batch('q', 'group1', 'idle', null, null, null, '1 h', null, null)`,
  claim_stream: () => `select pgq_gateway.claim_stream('q', 'c2', null, gen_random_uuid(), 1)`,
  'claim_stream of a member': () =>
    `select pgq_gateway.claim_stream('q', 'group1', 'idle', gen_random_uuid(), 1)`,
  touch_batch: ({ batch: { batch_id, lease_token } }) =>
    `select pgq_gateway.touch_batch(${batch_id}, '${lease_token}')`,
  silent_members: () => `select * from pgq_gateway.silent_members('{q}', '{group1}')`,
  'consumer_info of one member': () =>
    `select * from pgq_gateway.consumer_info where queue_name = 'q' and consumer_name = 'group1.idle'`,
  ticker_step: () => `select * from pgq_gateway.ticker_step('{q}', false)`,
  'current_ticks of one queue': () => `select * from pgq_gateway.current_ticks('{q}')`,
  'queue_activity of one queue': () =>
    `select * from pgq_gateway.queue_activity(null, array(select queue_id from pgq.queue where queue_name = 'q'))`,
  'ticker_look at one queue': () =>
    `select * from pgq_gateway.ticker_look(1, null, array(select queue_id from pgq.queue where queue_name = 'q'))`,
}
/** Statements that ask which rows share a sub_id, of which upstream has no index. */
const scanning = /next_batch of|the next one|next_coop_batch|claim_stream|silent_members/

describe.each(availableEngines)('the rows read on %s', (engine) => {
  test('for each batch do not grow with the number of consumers, groups and queues', async () => {
    await using few = await setUp(engine, FEW)
    await using many = await setUp(engine, MANY)
    for (const statistics of ['missing', 'fresh']) {
      if (statistics === 'fresh') for (const { client } of [few, many]) await client.query('analyze')
      for (const [name, textOf] of Object.entries(statements)) {
        if (engineChoice(engine) === 'extension' && scanning.test(name)) continue
        const growth =
          (await rowsReadBy(many.client, textOf(many))) - (await rowsReadBy(few.client, textOf(few)))
        expect.soft(growth, `${name}, statistics ${statistics}`).toBeLessThan(ALLOWED)
      }
    }
  })
})
