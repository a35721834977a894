import { type Arena, type Engine, measure, turns } from './arena.ts'

const BATCH_EVENTS = 100_000

/** Measures reading a whole large batch on the server, which sums up its rows. */
export async function measureBatchRead({ clients, question }: Arena, rounds: number): Promise<void> {
  const payload = JSON.stringify({ orderId: 12345, customer: 'someone', total: '99.95', items: [1, 2, 3] })
  for (const client of Object.values(clients)) {
    await client.query(`select pgq.create_queue('batch')`)
    await client.query(`select pgq.register_consumer('batch', 'bench')`)
    await client.query(
      `select pgq_gateway.insert_events('batch', array_fill('t'::text, array[$1::int]), array_fill($2::text, array[$1::int]))`,
      [BATCH_EVENTS, payload],
    )
    await client.query(`select pgq_gateway.tick('batch', true)`)
    await client.query(`select pgq.next_batch('batch', 'bench')`)
  }
  const read = question(`read of a batch of ${BATCH_EVENTS}`, 'ms', 'less', '>= 1.0')
  for (let round = 0; round < rounds * 2; round++) {
    for (const engine of turns(round)) {
      const text = `select count(*), sum(length(ev_data)) from pgq.get_batch_events(pgq.next_batch('batch', 'bench'))`
      await measure(read, [engine, clients[engine]], () => clients[engine].query(text))
    }
  }
}

/** Reads and finishes a million events while a transaction is open. @returns rows that vacuum would have to clear. */
export async function deadRowsOfAMillion({ clients, open }: Arena, engine: Engine): Promise<number> {
  const client = clients[engine]
  const holder = await open(engine)
  await holder.query('begin isolation level repeatable read; select txid_current()')
  await client.query(`select pgq.register_consumer('bulk', 'million')`)
  for (let n = 0; n < 100; n++) {
    await client.query(
      `select pgq_gateway.insert_events('bulk', array_fill('t'::text, array[10000]), array_fill('x'::text, array[10000]))`,
    )
    await client.query(`select pgq_gateway.tick('bulk', true)`)
    const { rows } = await client.query(`select pgq.next_batch('bulk', 'million') as id`)
    if (rows[0]?.id) await client.query('select pgq.finish_batch($1)', [rows[0].id])
  }
  await client.query('select pg_stat_force_next_flush()')
  const { rows } = await client.query<{ dead: number }>(
    `select coalesce(sum(n_dead_tup), 0)::int as dead from pg_stat_user_tables where relname ~ '^event_[0-9]+_[0-9]+$'`,
  )
  await holder.query('rollback')
  await holder.end()
  return rows[0]?.dead ?? Number.NaN
}
