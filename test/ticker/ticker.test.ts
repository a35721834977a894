import type pg from 'pg'
import { pino } from 'pino'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../src/postgres/database.ts'
import type { TickerOptions } from '../../src/ticker/ticker.ts'
import { openConnections } from '../support/connections.ts'
import { createTestDatabase, eachEngine, type TestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { type RunningTicker, startTicker } from '../support/ticker.ts'

describe.each(eachEngine)('the ticker on %s', (engine) => {
  let testDatabase: TestDatabase
  let client: pg.Client
  const open: { running: RunningTicker; database: Database }[] = []
  let log: { msg: string; level: number }[] = []

  beforeEach(async () => {
    testDatabase = await createTestDatabase(engine)
    client = await testDatabase.connect()
    log = []
    return async () => {
      await Promise.all(
        open.splice(0).map(({ running, database }) => running.stop().then(() => database.close())),
      )
      await client.end()
      await testDatabase[Symbol.asyncDispose]()
    }
  })

  function makeTicker(options: TickerOptions = {}, url = testDatabase.url): RunningTicker {
    const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(JSON.parse(line)) })
    const database = openConnections(url)
    const running = startTicker(database, { logger, options })
    open.push({ running, database })
    return running
  }

  async function leadingTicker(options?: TickerOptions, url?: string): Promise<RunningTicker> {
    const ticker = makeTicker(options, url)
    await until(() => ticker.status.state === 'leading', 'a leading ticker')
    return ticker
  }

  async function createQueue(name: string, settings = "queue_ticker_max_lag = '50 ms'"): Promise<void> {
    await client.query('select pgq.create_queue($1)', [name])
    await client.query(`update pgq.queue set ${settings} where queue_name = $1`, [name])
  }

  async function rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await client.query(sql, values)).rows
  }

  async function lastTick(queue: string): Promise<bigint> {
    const [row] = await rows(
      `select max(t.tick_id) as id
         from pgq.tick t join pgq.queue q on q.queue_id = t.tick_queue
        where q.queue_name = $1`,
      [queue],
    )
    return BigInt(row?.id as string)
  }

  /** The queue has ticked twice with nothing to do, and its idle rule would now wait for a minute. */
  async function settle(queue: string): Promise<void> {
    await until(async () => (await lastTick(queue)) >= 2n, 'the second tick')
    await client.query(
      `update pgq.tick set tick_time = tick_time - interval '1 hour'
        where tick_queue = (select queue_id from pgq.queue where queue_name = $1)
          and tick_id < (select max(tick_id) from pgq.tick t where t.tick_queue = pgq.tick.tick_queue)`,
      [queue],
    )
  }

  /** Waits until the event is in a batch of the consumer; milliseconds since `fromMs`. */
  async function delivered(queue: string, data: string, fromMs: number, timeoutMs = 10_000): Promise<number> {
    await until(
      async () => {
        const [row] = await rows('select pgq.next_batch($1, $2) as id', [queue, 'c'])
        if (!row?.id) return false
        const events = await rows('select ev_data from pgq.get_batch_events($1)', [row.id])
        await client.query('select pgq.finish_batch($1)', [row.id])
        return events.some((event) => event.ev_data === data)
      },
      `the event ${data}`,
      { timeoutMs },
    )
    return performance.now() - fromMs
  }

  test('delivers at once after a clock was set back by an hour', async () => {
    await createQueue('q')
    await client.query(`select pgq.register_consumer('q', 'c')`)
    await client.query(`select pgq_gateway.tick('q', true)`)
    await client.query(`update pgq.tick set tick_time = tick_time + interval '1 hour'`)
    await client.query(`select pgq.insert_event('q', 'x', 'late')`)
    await leadingTicker()
    await delivered('q', 'late', performance.now())
  })

  test('finds an event inserted by plain SQL, the first of its queue included', async () => {
    await createQueue('q')
    await client.query(`select pgq.register_consumer('q', 'c')`)
    await leadingTicker()
    await settle('q')
    for (const data of ['first', 'second', 'third']) {
      await client.query(`select pgq.insert_event('q', 't', $1)`, [data])
      expect(await delivered('q', data, performance.now())).toBeLessThan(1_000)
    }
  })

  test('ticks at once when told of a publication', async () => {
    await createQueue('q')
    await client.query(`select pgq.register_consumer('q', 'c')`)
    // Never checks by itself within this test.
    const { ticker } = await leadingTicker({ checkMs: 600_000 })
    await settle('q')
    await client.query(`select pgq.insert_event('q', 't', 'poked')`)
    ticker.published('q')
    expect(await delivered('q', 'poked', performance.now())).toBeLessThan(1_000)
  })

  test('ticks at once when another gateway tells of a publication', async () => {
    await createQueue('q')
    await client.query(`select pgq.register_consumer('q', 'c')`)
    const live = await testDatabase.open({ ticker: { checkMs: 600_000 } })
    try {
      await until(() => live.ticker?.isLeading && live.feed.isLive, 'a leading ticker that listens')
      await settle('q')
      await client.query(`select pgq.insert_event('q', 't', 'told')`)
      await client.query(`select pg_notify('pgq_gateway', '{"kind": "published", "queue": "q"}')`)
      expect(await delivered('q', 'told', performance.now())).toBeLessThan(1_000)
    } finally {
      await live.close()
    }
  })

  test('leaves an idle queue alone', async () => {
    await createQueue('idle')
    await createQueue('busy')
    await client.query(`select pgq.register_consumer('busy', 'c')`)
    await leadingTicker({ idleFloorMs: 0 })
    await settle('idle')
    const before = await lastTick('idle')
    for (let n = 0; n < 10; n++) {
      await client.query(`select pgq.insert_event('busy', 't', $1)`, [`e${n}`])
      await delivered('busy', `e${n}`, 0)
    }
    expect(await lastTick('idle')).toBe(before)
  })

  test('makes at most one tick per max lag', async () => {
    await createQueue('q', "queue_ticker_max_lag = '200 ms', queue_ticker_max_count = 1000000")
    const { ticker } = await leadingTicker({ checkMs: 10 })
    await settle('q')
    const first = await lastTick('q')
    const endsAt = performance.now() + 1_000
    while (performance.now() < endsAt) {
      await client.query(`select pgq.insert_event('q', 't', 'd')`)
      ticker.published('q')
    }
    const made = Number((await lastTick('q')) - first)
    expect(made).toBeGreaterThanOrEqual(3)
    expect(made).toBeLessThanOrEqual(6)
  })

  /** As after a long silence: the idle rule, which waits for twice the last gap, then has no tick for an hour. */
  async function putOffIdleTicks(queue: string): Promise<void> {
    await client.query(
      `update pgq.tick t set tick_time = tick_time - interval '1 day' from pgq.queue q
        where q.queue_name = $1 and t.tick_queue = q.queue_id
          and t.tick_id < (select max(tick_id) from pgq.tick where tick_queue = q.queue_id)`,
      [queue],
    )
    // The ticker reads the ticks anew with the queue's settings.
    await client.query(`update pgq.queue set queue_ticker_idle_period = '1 hour' where queue_name = $1`, [
      queue,
    ])
  }

  test('delivers an event that was uncommitted when a tick counted it soon after its commit', async () => {
    await createQueue('q')
    await client.query(`select pgq.register_consumer('q', 'c')`)
    await leadingTicker()
    await settle('q')
    const other = await testDatabase.connect()
    for (let round = 0; round < 3; round++) {
      await other.query('begin')
      await other.query(`select pgq.insert_event('q', 't', $1)`, [`late ${round}`])
      // Makes a tick that counts both.
      await client.query(`select pgq.insert_event('q', 't', $1)`, [`early ${round}`])
      await delivered('q', `early ${round}`, 0)
      await settle('q')
      await putOffIdleTicks('q')
      const before = await lastTick('q')
      // Several looks pass in vain.
      for (let n = 0; n < 20; n++) await client.query('select txid_current(), pg_sleep(0.01)')
      expect(await lastTick('q')).toBe(before)
      await other.query('commit')
      expect(await delivered('q', `late ${round}`, performance.now())).toBeLessThan(5_000)
    }
    await other.end()
  })

  test('delivers an uncommitted event soon after its commit also where no other transaction helps', async () => {
    await createQueue('q')
    await client.query(`select pgq.register_consumer('q', 'c')`)
    const { ticker } = await leadingTicker()
    // Upstream's PgQ does not count the first event of a queue.
    await client.query(`select pgq.insert_event('q', 't', 'first')`)
    await delivered('q', 'first', 0)
    await settle('q')
    const other = await testDatabase.connect()
    for (let round = 0; round < 3; round++) {
      await other.query('begin')
      await other.query(`select pgq.insert_event('q', 't', $1)`, [`alone ${round}`])
      const before = await lastTick('q')
      ticker.published('q')
      await until(async () => (await lastTick('q')) > before, 'a tick that counts the event')
      await settle('q')
      await putOffIdleTicks('q')
      // The transaction is not in the snapshot of that tick: its id is above all that had ended then.
      await other.query('select pg_sleep(0.3)')
      await other.query('commit')
      expect(await delivered('q', `alone ${round}`, performance.now())).toBeLessThan(5_000)
    }
    await other.end()
  })

  test('takes over within a second or so when the backend of the leader is killed', async () => {
    await createQueue('q')
    const [one, two] = [await leadingTicker(), makeTicker()]
    await until(() => two.status.state === 'standby', 'a standby')
    expect(two.isReady).toBe(true)
    await client.query('select pg_terminate_backend(pid) from pgq_gateway.gateway where leads')
    await until(() => [one, two].some((ticker) => ticker.status.state === 'leading'), 'a new leader', {
      timeoutMs: 2_000,
    })
    await until(() => one.isReady && two.isReady, 'both ready')
    expect([one, two].map((ticker) => ticker.status.state).sort()).toEqual(['leading', 'standby'])
    const before = await lastTick('q')
    await client.query(`select pgq.insert_event('q', 't', 'd')`)
    await until(async () => (await lastTick('q')) > before, 'a tick')
  })

  test('hands over when it stops', async () => {
    const [one, two] = [await leadingTicker(), makeTicker()]
    await until(() => two.status.state === 'standby', 'a standby')
    await one.stop()
    expect(one.status.state).toBe('stopped')
    await until(() => two.status.state === 'leading', 'the new leader', { timeoutMs: 1_500 })
  })

  test('is not ready while its server is silent, and leads again when it speaks', async () => {
    await using proxy = await startTcpProxy(testDatabase.url)
    const ticker = await leadingTicker({ answerDeadlineMs: 200 }, proxy.url)
    proxy.stall()
    await until(() => !ticker.isReady, 'the loss')
    expect(ticker.status).toMatchObject({ state: 'starting', lastError: expect.stringMatching(/no answer/) })
    // The old session still leads, as far as the server knows; the new one ends it.
    proxy.resume()
    await until(() => ticker.status.state === 'leading', 'the lead', { timeoutMs: 20_000 })
    await ticker.stop()
  })

  test('goes on with the others when a queue is broken, and says so once', async () => {
    await createQueue('broken')
    await createQueue('q')
    await client.query(`select pgq.register_consumer('q', 'c')`)
    await leadingTicker()
    await settle('broken')
    // The next tick id is taken already.
    await client.query(
      `insert into pgq.tick (tick_queue, tick_id, tick_time, tick_event_seq)
       select queue_id, pg_sequence_last_value(queue_tick_seq::regclass) + n, now() - interval '1 hour', 0
         from pgq.queue, generate_series(1, 10) n
        where queue_name = 'broken'`,
    )
    for (let n = 0; n < 5; n++) {
      await client.query(`select pgq.insert_event('broken', 't', 'd')`)
      await client.query(`select pgq.insert_event('q', 't', $1)`, [`e${n}`])
      expect(await delivered('q', `e${n}`, performance.now())).toBeLessThan(1_000)
    }
    const complaints = log.filter((line) => line.msg.startsWith('ticking queue broken fails'))
    expect(complaints.length).toBeGreaterThanOrEqual(1)
    expect(new Set(complaints.map((line) => line.msg)).size).toBe(complaints.length)
  })

  test('leaves paused and external queues alone until they are released', async () => {
    await createQueue('paused', "queue_ticker_max_lag = '50 ms', queue_ticker_paused = true")
    await createQueue('q')
    await client.query(`select pgq.register_consumer('q', 'c')`)
    await leadingTicker()
    await client.query(`select pgq.insert_event('paused', 't', 'd'), pgq.insert_event('q', 't', 'd')`)
    await delivered('q', 'd', 0)
    expect(await lastTick('paused')).toBe(1n)
    await client.query(`update pgq.queue set queue_ticker_paused = false`)
    await until(async () => (await lastTick('paused')) > 1n, 'a tick of the released queue')
  })

  async function lastTicks(queues: readonly string[]): Promise<bigint[]> {
    const ticks: bigint[] = []
    for (const queue of queues) ticks.push(await lastTick(queue))
    return ticks
  }

  test('ticks queues that are due together, and may wait a little, in one transaction', async () => {
    const names = ['a', 'b', 'c']
    for (const name of names) await createQueue(name, "queue_ticker_max_lag = '1 s'")
    await client.query(
      `select pgq.insert_event(n, 't', 'd'), pgq.ticker(n), pgq.insert_event(n, 't', 'd') from unnest($1::text[]) n`,
      [names],
    )
    await client.query('update pgq.tick set tick_time = now()')
    const before = await lastTicks(names)
    await leadingTicker()
    await until(async () => {
      const after = await lastTicks(names)
      return after.every((tick, n) => tick > (before[n] ?? 0n))
    }, 'a tick of each queue')
    const next = before.map((tick) => tick + 1n)
    const [row] = await rows(
      `select count(distinct t.xmin::text)::int as transactions, count(*)::int as ticks
         from unnest($1::text[], $2::bigint[]) named (queue_name, tick_id)
         join pgq.queue q using (queue_name)
         join pgq.tick t on t.tick_queue = q.queue_id and t.tick_id = named.tick_id`,
      [names, next],
    )
    expect(row).toEqual({ transactions: 1, ticks: 3 })
  })

  test('notices settings changed by SQL', async () => {
    await createQueue('paused', "queue_ticker_max_lag = '50 ms', queue_ticker_paused = true")
    await createQueue('slow', "queue_ticker_max_lag = '1 hour'")
    await leadingTicker()
    await settle('slow')
    await client.query(`select pgq.insert_event('paused', 't', 'd'), pgq.insert_event('slow', 't', 'd')`)
    const slowTick = await lastTick('slow')
    await client.query(`update pgq.queue set queue_ticker_paused = false, queue_ticker_max_lag = '50 ms'`)
    await until(async () => (await lastTick('paused')) > 1n, 'a tick of the released queue')
    await until(async () => (await lastTick('slow')) > slowTick, 'a tick after the lag that is allowed now')
  })

  test('finds a queue made while it runs and forgets one that is dropped', async () => {
    await createQueue('old')
    await leadingTicker()
    await client.query(`select pgq.drop_queue('old')`)
    await createQueue('new')
    await client.query(`select pgq.register_consumer('new', 'c')`)
    await client.query(`select pgq.insert_event('new', 't', 'd')`)
    await delivered('new', 'd', 0)
    expect(log.filter((line) => line.level >= 50)).toEqual([])
  })

  test('leads on when some of its checks fail, as they do while queues are dropped', async () => {
    await createQueue('q')
    await client.query(`select pgq.register_consumer('q', 'c')`)
    const ticker = await leadingTicker()
    await settle('q')
    const [original] = await rows(
      `select pg_get_functiondef('pgq_gateway.queue_activity(text, int4[])'::regprocedure) as text`,
    )
    await client.query(
      'create sequence public.failures; grant usage on sequence public.failures to pgq_admin',
    )
    await client.query(
      `create or replace function pgq_gateway.queue_activity(
           inout snapshot text, i_queue_ids int4[] default null, out queues text, out scan_ms float8)
       language plpgsql as $$ begin perform nextval('public.failures'); raise exception 'not now'; end $$`,
    )
    await until(async () => {
      const [row] = await rows('select last_value >= 10 as often from public.failures')
      return row?.often
    }, 'failing checks')
    await client.query(original?.text as string)
    await client.query(`select pgq.insert_event('q', 't', 'after')`)
    await delivered('q', 'after', 0)
    expect(ticker.status.state).toBe('leading')
    expect(log.filter((line) => line.level >= 50)).toEqual([])
  })

  test('returns the retries of all queues while one of them is disabled, and its own once it is enabled', async () => {
    const names = ['disabled', 'limited', 'free']
    for (const name of names) {
      await createQueue(name)
      await client.query('select pgq.register_consumer($1, $2)', [name, 'c'])
    }
    await leadingTicker({ retryMs: 50 })
    // The disabled queue's events are due first, and are more than PgQ's mover takes at once.
    for (const name of names) {
      await client.query('select pgq.insert_event($1, $1, null) from generate_series(1, 15)', [name])
      const batch = await until(
        async () => (await rows('select pgq.next_batch($1, $2) as id', [name, 'c']))[0]?.id,
        'a batch',
      )
      if (name === 'disabled')
        await client.query(`update pgq.queue set queue_disable_insert = true where queue_name = 'disabled'`)
      if (name === 'limited')
        await client.query(`update pgq.queue set queue_per_tx_limit = 4 where queue_name = 'limited'`)
      await client.query('select pgq.event_retry($1, ev_id, 0) from pgq.get_batch_events($1)', [batch])
      await client.query('select pgq.finish_batch($1)', [batch])
    }
    const waiting = () =>
      rows(
        'select q.queue_name from pgq.retry_queue r join pgq.queue q on q.queue_id = r.ev_queue group by 1',
      )
    await until(
      async () => (await waiting()).every((row) => row.queue_name === 'disabled'),
      'the other retries',
    )
    expect(await waiting()).toEqual([{ queue_name: 'disabled' }])
    expect((await rows('select pgq_gateway._next_retry_ms() as ms'))[0]?.ms).toBeNull()
    await client.query('update pgq.queue set queue_disable_insert = false')
    await until(async () => (await waiting()).length === 0, 'the retries of the enabled queue')
  })

  test('returns events of the retry queue when they are due', async () => {
    await createQueue('q')
    await client.query(`select pgq.register_consumer('q', 'c')`)
    await leadingTicker({ retryMs: 100 })
    await client.query(`select pgq.insert_event('q', 't', 'again')`)
    const batch = await until(
      async () => (await rows(`select pgq.next_batch('q', 'c') as id`))[0]?.id,
      'a batch',
    )
    await until(async () => {
      const [row] = await rows(`select count(*)::int as n from pgq.get_batch_events($1)`, [batch])
      return row?.n === 1
    }, 'the event in the first batch')
    await client.query(`select pgq.event_retry($1, ev_id, 0) from pgq.get_batch_events($1)`, [batch])
    await client.query(`select pgq.finish_batch($1)`, [batch])
    await delivered('q', 'again', 0)
    expect(await rows('select * from pgq.retry_queue')).toEqual([])
  })

  test('rotates event tables, both steps, and runs what else PgQ asks for', async () => {
    await client.query(`create function public.extra(text) returns int language sql as $$ select 1 / 0 $$`)
    await createQueue('q', "queue_rotation_period = '1 ms', queue_extra_maint = array['extra']")
    await createQueue('r', "queue_rotation_period = '1 ms'")
    await leadingTicker({ maintenanceMs: 100 })
    const current = `select min(queue_cur_table)::int as n from pgq.queue where queue_switch_step2 is not null`
    await until(async () => (await rows(current))[0]?.n === 2, 'two rotations of both queues')
    // Vacuum is among it, since autovacuum is off here.
    expect(log.filter((line) => line.level >= 50).map((line) => line.msg)).toEqual([
      'maintenance extra q fails: division by zero',
    ])
  })

  test('bears another ticker beside it, and notices it', async () => {
    await createQueue('q', "queue_ticker_max_lag = '0', queue_ticker_idle_period = '0'")
    await client.query(`select pgq.register_consumer('q', 'c')`)
    const ticker = await leadingTicker()
    const other = await testDatabase.connect()
    const seen: string[] = []
    for (let n = 0; n < 100; n++) {
      await client.query(`select pgq.insert_event('q', 't', $1)`, [String(n)])
      await other.query('select pgq.ticker()')
    }
    await until(async () => {
      await other.query('select pgq.ticker()')
      return ticker.status.foreignTicker
    }, 'notice of the other ticker')
    await other.end()
    await until(async () => {
      const [row] = await rows(`select pgq.next_batch('q', 'c') as id`)
      if (row?.id) {
        const events = await rows('select ev_data from pgq.get_batch_events($1)', [row.id])
        seen.push(...events.map((event) => event.ev_data as string))
        await client.query('select pgq.finish_batch($1)', [row.id])
      }
      return seen.length >= 100
    }, 'all events')
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => String(n)))
  })

  test('leaves nothing behind when it is stopped early', async () => {
    const ticker = makeTicker()
    await withDeadline(ticker.stop(), 'stop', 2_000)
    expect(ticker.status.state).toBe('stopped')
  })
})
