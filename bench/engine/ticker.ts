import { type Arena, measure, turns } from './arena.ts'

const BUSY_OF_MANY = 10

/** Measures the ticker's call over all queues: idle, with an event in each, and with events in a few. */
export async function measureTicker(arena: Arena, rounds: number): Promise<void> {
  const { clients, question } = arena
  for (const count of [10, 100, 1_000]) {
    for (const client of Object.values(clients)) {
      const have = await client.query<{ n: number }>('select count(*)::int as n from pgq.queue')
      for (let n = have.rows[0]?.n ?? 0; n < count; n++)
        await client.query('select pgq.create_queue($1)', [`many-${n}`])
      // The tick after a queue's first is always due, so both are made before the measurement.
      await client.query('select pgq.ticker()')
      await client.query(
        `update pgq.queue set queue_ticker_max_lag = '1 hour', queue_ticker_idle_period = '1 hour'`,
      )
      await client.query('select pgq.ticker()')
      await client.query('vacuum analyze pgq.tick, pgq.queue')
    }
    for (let round = 0; round < rounds * 2; round++) {
      for (const engine of turns(round)) {
        const target = count === 1_000 ? '>= 2' : ''
        const idle = question(`ticker() with ${count} queues, idle`, 'ms', 'less', target)
        await measure(idle, [engine, clients[engine]], () => clients[engine].query('select pgq.ticker()'))
      }
    }
    for (let round = 0; round < rounds; round++) {
      for (const engine of turns(round)) {
        const client = clients[engine]
        await client.query(`update pgq.queue set queue_ticker_max_lag = '0'`)
        await client.query(`select pgq.insert_event(queue_name, 't', 'd') from pgq.queue`)
        const all = question(`ticker() with ${count} queues, all busy`, 'ms', 'less')
        await measure(all, [engine, client], () => client.query('select pgq.ticker()'))
        await client.query(`update pgq.queue set queue_ticker_max_lag = '1 hour'`)
        if (count <= BUSY_OF_MANY) continue
        await client.query(
          `with busy as (update pgq.queue set queue_ticker_max_count = 1 where queue_id <= ${BUSY_OF_MANY} returning queue_name)
           select pgq.insert_event(queue_name, 't', 'd') from busy`,
        )
        const few = question(`ticker() with ${count} queues, ${BUSY_OF_MANY} busy`, 'ms', 'less')
        await measure(few, [engine, client], () => client.query('select pgq.ticker()'))
        await client.query('update pgq.queue set queue_ticker_max_count = 500')
      }
    }
    process.stderr.write(`ticker with ${count} queues\n`)
  }
}
