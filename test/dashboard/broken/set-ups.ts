import type pg from 'pg'

/** Makes a session, which whoever calls a set-up ends. */
export type Connect = () => Promise<pg.Client>

/** Ways in which queue `orders` of a database is not drained. Each works on a database in which nothing is yet. */
export const setUps = {
  /** A consumer has stopped while it had a batch open. */
  async stopped(connect: Connect) {
    const { run, publish, age } = await begin(connect, 'billing')
    await publish(20)
    await run(`select pgq.next_batch('orders', 'billing')`)
    await age('2 hours')
  },

  /** A consumer was registered, and never started. */
  async forgotten(connect: Connect) {
    const { publish, age } = await begin(connect, 'newsletter')
    await publish(20)
    await age('3 days')
  },

  /** Somebody has paused the ticker, and left. */
  async paused(connect: Connect) {
    const { run, publish } = await begin(connect, 'billing')
    await run(`select pgq.set_queue_config('orders', 'ticker_paused', 'true')`)
    await publish(20, { isTicked: false })
  },

  /** A session has written something, and sits in its transaction: no table is rotated. */
  async held(connect: Connect) {
    const { run } = await begin(connect, 'billing')
    const session = await connect()
    await session.query(`set application_name = 'migration'`)
    await session.query('begin; select txid_current()')
    await run(`update pgq.queue
      set queue_switch_time = now() - interval '3 hours', queue_switch_step2 = txid_current()`)
  },

  /** A consumer fails: some events wait for a retry, and it has given up on others. */
  async failing(connect: Connect) {
    const { run, publish } = await begin(connect, 'mailer')
    await publish(12)
    const [opened] = await run(`select pgq.next_batch('orders', 'mailer') as batch`)
    await run(
      `select pgq_gateway.fail_events($1, null, array_agg(ev_id), array_agg('mail server answers 421 ' || ev_id))
         from pgq.get_batch_events($1) where ev_id % 2 = 0`,
      [opened?.batch],
    )
    await run('select pgq.event_retry($1, ev_id, 3600) from pgq.get_batch_events($1) where ev_id % 2 = 1', [
      opened?.batch,
    ])
    await run('select pgq.finish_batch($1)', [opened?.batch])
  },
} as const

export type SetUpName = keyof typeof setUps
export const setUpNames = Object.keys(setUps) as SetUpName[]

/** Makes the queue with a consumer. */
async function begin(connect: Connect, consumer: string) {
  const client = await connect()
  const run = async (sql: string, values?: unknown[]) => (await client.query(sql, values)).rows
  await run(`select pgq.create_queue('orders')`)
  await run(`select pgq.register_consumer('orders', $1)`, [consumer])
  return {
    run,
    async publish(count: number, { isTicked = true } = {}) {
      await run(
        `select pgq.insert_event('orders', 'order.paid', format('{"id":%s}', n)) from generate_series(1, $1) n`,
        [count],
      )
      if (!isTicked) return
      const tickAfter = (events: number) =>
        run(`select pgq.set_queue_config('orders', 'ticker_max_count', $1)`, [String(events)])
      await tickAfter(1)
      await run(`select pgq.ticker('orders')`)
      await tickAfter(500)
    },
    /** Lets all that has happened be so long ago. */
    async age(interval: string) {
      await run('update pgq.tick set tick_time = tick_time - $1::interval', [interval])
      await run('update pgq.subscription set sub_active = sub_active - $1::interval', [interval])
    },
  }
}
