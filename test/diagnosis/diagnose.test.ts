import { describe, expect, test } from 'vitest'
import { diagnose, judge } from '../../src/diagnosis/diagnose.ts'
import { readFacts } from '../../src/diagnosis/facts.ts'
import type { FindingCheck } from '../../src/diagnosis/finding.ts'
import { defaultThresholds, type Thresholds } from '../../src/diagnosis/thresholds.ts'
import { availableEngines, createTestDatabase, type EngineName } from '../support/database.ts'

async function setUp(engine: EngineName) {
  const fixture = await createTestDatabase(engine)
  const live = await fixture.open()
  const client = await fixture.connect()
  const run = (sql: string, values?: unknown[]) => client.query(sql, values)
  await run(`select pgq.create_queue($1)`, ["it's"])
  // Without a queue's name it would count as a ticker.
  await run('select pgq.ticker($1)', ["it's"])
  const find = async (check: FindingCheck, thresholds: Partial<Thresholds> = {}) =>
    (await diagnose(live.database, true, thresholds)).filter((finding) => finding.check === check)
  return {
    live,
    run,
    find,
    fixture,
    /** Lets tables be due for their rotation, which waits for what transactions of now have written. */
    makeRotationDue: () =>
      run(`update pgq.queue set queue_switch_time = now() - interval '1 day',
        queue_switch_step2 = txid_snapshot_xmin(txid_current_snapshot())`),
    async tick() {
      for (let count = 0; count < 2; count++) await run('select pgq.force_tick($1)', ["it's"])
      await run('select pgq.ticker($1)', ["it's"])
    },
    /** Expects one such finding, runs its SQL as printed, and expects none. */
    async mends(check: FindingCheck, thresholds: Partial<Thresholds> = {}) {
      const found = await find(check, thresholds)
      expect(found).toMatchObject([{ check }])
      for (const statement of found[0]?.sql?.split('\n') ?? []) await run(statement)
      expect(await find(check, thresholds)).toEqual([])
      return found[0]
    },
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await live.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

describe.each(availableEngines)('on %s', (engine) => {
  test('what is wrong with queues and consumers is found, and mended by its remedy', async () => {
    await using t = await setUp(engine)
    const queue = "it's"

    await t.run('update pgq.queue set queue_disable_insert = true')
    expect(await t.mends('QUEUE_DISABLED')).toMatchObject({ queue, severity: 'WARNING' })

    await t.run(`select pgq.set_queue_config($1, 'ticker_paused', 'true')`, [queue])
    // The extension counts one less than there are.
    for (let count = 0; count < 2; count++)
      await t.run(`select pgq.insert_event($1, 'type', 'data')`, [queue])
    expect(await t.mends('TICKER_PAUSED')).toMatchObject({
      what: expect.stringMatching(/with [12] events? waiting/),
    })

    await t.run(`select pgq.set_queue_config($1, 'external_ticker', 'true')`, [queue])
    expect(await t.mends('TICKER_EXTERNAL')).toMatchObject({ severity: 'INFO' })

    await t.run(`select pgq.register_consumer($1, 'slow')`, [queue])
    await t.run(`select pgq.insert_event($1, 'type', 'data')`, [queue])
    await t.run(`select pgq.ticker($1)`, [queue])
    expect(await t.mends('CONSUMER_BEHIND', { behindSeconds: 0 })).toMatchObject({
      subject: `consumer slow of ${queue}`,
    })

    await t.run(`select pgq.register_consumer($1, 'blocker')`, [queue])
    await t.makeRotationDue()
    await t.tick()
    expect(await t.mends('ROTATION_BLOCKED')).toMatchObject({
      severity: 'ERROR',
      subject: `consumer blocker of ${queue}`,
      consumer: 'blocker',
    })
  })

  test('a transaction that blocks rotation is found at once, in place of the consumer that waits with it', async () => {
    await using t = await setUp(engine)
    await t.run(`select pgq.register_consumer($1, 'innocent')`, ["it's"])
    const session = await t.fixture.connect()
    await session.query('begin')
    const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid, txid_current()')
    await t.makeRotationDue()
    await t.tick()
    expect(await t.find('ROTATION_BLOCKED')).toMatchObject([
      { subject: "queue it's", what: expect.stringContaining(`process ${rows[0]?.pid} `), sql: null },
    ])
    const [found] = await t.find('LONG_TRANSACTION')
    expect(found).toMatchObject({ subject: `session ${rows[0]?.pid}` })
    await t.run(found?.sql ?? '')
    await expect
      .poll(() => t.find('LONG_TRANSACTION', { longTransactionSeconds: 300 }), { timeout: 20_000 })
      .toEqual([])
    await t.tick()
    expect(await t.find('ROTATION_BLOCKED')).toMatchObject([{ consumer: 'innocent' }])
    await session.end().catch(() => {})
  })

  test('retries that are due and dead letters are found, and brought back', async () => {
    await using t = await setUp(engine)
    await t.run(`select pgq.register_consumer($1, 'c')`, ["it's"])
    for (let count = 0; count < 2; count++)
      await t.run(`select pgq.insert_event($1, 'type', 'data')`, ["it's"])
    await t.run(`select pgq.force_tick($1)`, ["it's"])
    await t.run(`select pgq.ticker($1)`, ["it's"])
    const { rows } = await t.run(`select pgq.next_batch($1, 'c') as batch`, ["it's"])
    const batch = rows[0]?.batch
    const { rows: events } = await t.run(`select ev_id from pgq.get_batch_events($1)`, [batch])
    await t.run(`select pgq.event_retry($1, $2::int8, 0)`, [batch, events[0]?.ev_id])
    expect(await t.find('RETRIES_GROWING', { retryCount: 1 })).toMatchObject([{ severity: 'WARNING' }])
    await t.mends('RETRIES_OVERDUE', { overdueRetrySeconds: 0 })
    expect(await t.find('RETRIES_GROWING', { retryCount: 1 })).toEqual([])

    await t.run('select pgq_gateway.fail_events($1, null, array[$2::int8], array[$3])', [
      batch,
      events[1]?.ev_id,
      'broken',
    ])
    expect(await t.mends('DEAD_LETTERS')).toMatchObject({ what: expect.stringContaining('1 event') })
  })

  test('a transaction that stays open is found, and ended by its remedy', async () => {
    await using t = await setUp(engine)
    const session = await t.fixture.connect()
    await session.query('begin')
    await session.query('select txid_current()')
    const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
    const subject = `session ${rows[0]?.pid}`
    // Other tests of this server have transactions, too.
    const ours = async () =>
      (await t.find('LONG_TRANSACTION', { longTransactionSeconds: 0 })).find(
        (each) => each.subject === subject,
      )
    const found = await ours()
    expect(found).toMatchObject({ what: expect.stringContaining('idle in transaction (test, login') })
    await t.run(found?.sql ?? '')
    await expect.poll(ours, { timeout: 20_000 }).toBeUndefined()
    await session.end().catch(() => {})
  })

  test('functions without a search path and a lost trigger are found, and mended', async () => {
    await using t = await setUp(engine)
    if (!engine.startsWith('extension'))
      await t.run('alter function pgq.create_queue(text) reset search_path')
    await t.mends('SEARCH_PATH')
    await t.run('drop trigger pgq_gateway_tick on pgq.tick')
    await t.mends('TICK_TRIGGER')
    await t.run('alter table pgq.tick disable trigger pgq_gateway_tick')
    await t.mends('TICK_TRIGGER')
  })

  test('nobody who ticks is found while nobody does', async () => {
    await using t = await setUp(engine)
    expect(await t.find('NO_TICKER')).toMatchObject([{ severity: 'ERROR', command: 'pgq-graphql ticker' }])
    const session = await t.fixture.connect()
    await session.query('select pgq_gateway.begin_life(1), pgq_gateway.sign_of_life(1, true)')
    expect(await t.find('NO_TICKER')).toEqual([])
    await session.end()
  })
})

test('what is true of a whole server is judged by its facts', async () => {
  await using t = await setUp('sql-18')
  const facts = await readFacts(t.live.database, true, defaultThresholds)
  const checks = (given: Partial<typeof facts.server>, more: Partial<typeof facts> = {}) =>
    judge({ ...facts, transactions: [], ...more, server: { ...facts.server, ...given } }).map(
      ({ check }) => check,
    )
  const calm = {
    connectionCount: 1,
    notifyUsage: 0,
    autovacuum: true,
    xidAge: 0,
    hasTickTrigger: true,
    pathlessDefinerCount: 0,
    seesSessions: true,
  }
  const usual = ['NO_TICKER']
  expect(checks(calm)).toEqual(usual)
  expect(checks({ ...calm, notifyUsage: 0.5 })).toContain('NOTIFY_QUEUE')
  expect(checks({ ...calm, connectionCount: facts.server.maxConnections })).toContain('CONNECTIONS')
  expect(checks({ ...calm, autovacuum: false })).toContain('AUTOVACUUM')
  expect(checks({ ...calm, xidAge: 450_000_000 })).toContain('TRANSACTION_IDS')
  expect(checks({ ...calm, seesSessions: false })).toContain('PRIVILEGES')
  expect(checks(calm, { hearsNotices: false })).toContain('NOT_LISTENING')
  expect(checks(calm, { clock: { aheadSeconds: -5, uncertaintySeconds: 0.1 } })).toContain('CLOCK')
  expect(checks(calm, { clock: { aheadSeconds: -5, uncertaintySeconds: 4 } })).toEqual(usual)
  const { installed, ofThisBuild } = facts.revisions
  const revisions = { installed, ofThisBuild: { ...ofThisBuild, number: ofThisBuild.number + 1 } }
  expect(judge({ ...facts, revisions })).toContainEqual(
    expect.objectContaining({ check: 'SCHEMA', command: 'pgq-graphql install' }),
  )
})
