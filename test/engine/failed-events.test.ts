import { describe, expect, it } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { availableEngines, createTestDatabase, sqlEngines } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { requestData, subscribe } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'
import { Sessions, setup } from './sessions.ts'

/** Makes queue `q` with consumer `c`, and events 1 and 2. */
async function insert(sessions: Sessions): Promise<void> {
  await sessions.ask(setup)
  // Upstream may lose events of the transaction that makes their queue.
  await sessions.ask(`select pgq.insert_event('q', 't', 'one');
    select pgq.insert_event('q', 't', 'two', 'e1', 'e2', 'e3', 'e4')`)
}

/** Makes the same, and opens batch 1 with these events. */
async function open(sessions: Sessions): Promise<void> {
  await insert(sessions)
  await sessions.ask(`select pgq.ticker('q')`)
  expect(await sessions.ask(`select pgq.next_batch('q', 'c')`)).toEqual(['1'])
}

const list = `select row_to_json(f) from pgq.failed_event_list('q', 'c') f`
const count = `select pgq.failed_event_count('q', 'c')`
const functions = `select count(*) from pg_proc where pronamespace = 'pgq'::regnamespace and proname ~ 'failed'`

describe.each(sqlEngines)('failed events on %s', (engine) => {
  it('are kept whole, with their reason, and their batch goes on', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await open(sessions)
    await sessions.ask('set role pgq_reader')
    expect(await sessions.ask(`select pgq.event_failed(1, 2, 'broken')`)).toEqual(['1'])
    expect(await sessions.ask('select ev_id from pgq.get_batch_events(1)')).toEqual(['1', '2'])
    expect(await sessions.ask('select pgq.finish_batch(1)')).toEqual(['1'])
    const [row] = await sessions.ask(list)
    expect(JSON.parse(row ?? '')).toEqual({
      ev_failed_reason: 'broken',
      ev_failed_time: expect.any(String),
      ev_id: 2,
      ev_time: expect.any(String),
      ev_txid: expect.any(Number),
      ev_owner: 1,
      ev_retry: null,
      ev_type: 't',
      ev_data: 'two',
      ev_extra1: 'e1',
      ev_extra2: 'e2',
      ev_extra3: 'e3',
      ev_extra4: 'e4',
    })
    expect(await sessions.ask(count)).toEqual(['1'])
    expect(await sessions.ask(`select pgq.failed_event_count('q', 'nobody')`)).toEqual(['0'])
  })

  it('are what the gateway calls dead letters', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await open(sessions)
    await sessions.ask(`select pgq.event_failed(1, 1, 'by SQL')`)
    await sessions.ask(`select pgq_gateway.fail_events(1, null, array[2], array['by the gateway'])`)
    expect(await sessions.ask('select reason from pgq_gateway.dead_letter_info order by ev_id')).toEqual([
      'by SQL',
      'by the gateway',
    ])
    expect(await sessions.ask(`select ev_failed_reason from pgq.failed_event_list('q', 'c')`)).toEqual([
      'by SQL',
      'by the gateway',
    ])
  })

  it('exist if and only if the transaction of the batch commits', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await open(sessions)
    await sessions.ask(`begin; select pgq.event_failed(1, 1, 'x'), pgq.finish_batch(1)`)
    await sessions.ask('rollback')
    expect(await sessions.ask(count)).toEqual(['0'])
    await sessions.ask(`begin; select pgq.event_failed(1, 1, 'x'), pgq.finish_batch(1); commit`)
    expect(await sessions.ask(count)).toEqual(['1'])
  })

  it('keep the reason that they had when they fail again, also at once in two sessions', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await open(sessions)
    await sessions.askIn('other', `begin; select pgq.event_failed(1, 1, 'first')`)
    const again = sessions.askIn('third', `select pgq.event_failed(1, 1, 'second')`)
    await until(() => sessions.isBlocked('third'), 'the third session waiting for the batch')
    await sessions.askIn('other', 'commit')
    expect(await again).toEqual(['0'])
    expect(await sessions.ask(`select pgq.event_failed(1, 1, null)`)).toEqual(['0'])
    expect(await sessions.ask(`select ev_failed_reason from pgq.failed_event_list('q', 'c')`)).toEqual([
      'first',
    ])
  })

  it('belong to the group of a cooperative member', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(`${setup}; select pgq_coop.register_subconsumer('q', 'm', 's')`)
    await sessions.ask(`select pgq.insert_event('q', 't', 'd')`)
    await sessions.ask(`select pgq.ticker('q')`)
    const [batch] = await sessions.ask(`select pgq_coop.next_batch('q', 'm', 's')`)
    expect(await sessions.ask(`select pgq.event_failed(${batch}, 1, 'x')`)).toEqual(['1'])
    expect(await sessions.ask(`select pgq.failed_event_count('q', 'm')`)).toEqual(['1'])
  })

  it('are listed by id, in pages', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await open(sessions)
    await sessions.ask(`select pgq.event_failed(1, 2, 'x'), pgq.event_failed(1, 1, 'x')`)
    const page = (text: string) => sessions.ask(`select ev_id from pgq.failed_event_list('q', 'c', ${text})`)
    expect(await page('1, 0')).toEqual(['1'])
    expect(await page('1, 1')).toEqual(['2'])
    expect(await page('10, 2')).toEqual([])
    expect(await page('null, null')).toEqual(['1', '2'])
  })

  it('come back to their consumer alone by a retry, once', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await open(sessions)
    await sessions.ask(`select pgq.register_consumer('q', 'other')`)
    await sessions.ask(`select pgq.event_failed(1, 2, 'x'), pgq.finish_batch(1)`)
    await sessions.ask('set role pgq_admin')
    const retry = `select pgq.failed_event_retry('q', 'c', 2)`
    expect(await sessions.ask(retry)).toEqual(['2'])
    expect(await sessions.ask(retry)).toEqual([null])
    expect(await sessions.ask(count)).toEqual(['0'])
    expect(await sessions.ask('select pgq.maint_retry_events()')).toEqual(['1'])
    await sessions.ask(`select pgq.ticker('q')`)
    expect(await sessions.consume('q', 'other')).toEqual([])
    expect(await sessions.consume()).toEqual(['two'])
  })

  it('are deleted for good, and outlive their consumer until then', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await open(sessions)
    await sessions.ask(`select pgq.event_failed(1, 1, 'x'), pgq.event_failed(1, 2, 'x')`)
    await sessions.ask(`select pgq.unregister_consumer('q', 'c')`)
    expect(await sessions.ask(`select ev_owner from pgq.failed_event_list('q', 'c')`)).toEqual([null, null])
    expect(await sessions.failure('main', `select pgq.failed_event_retry('q', 'c', 1)`)).toBe('PQ002')
    await sessions.ask('set role pgq_admin')
    expect(await sessions.ask(`select pgq.failed_event_delete('q', 'c', 1)`)).toEqual(['1'])
    expect(await sessions.ask(`select pgq.failed_event_delete('q', 'c', 1)`)).toEqual(['0'])
    expect(await sessions.ask(`select pgq.failed_event_delete('q', 'c', null)`)).toEqual(['0'])
    expect(await sessions.ask(count)).toEqual(['1'])
  })

  it('are refused for what is not there', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await open(sessions)
    await sessions.ask(`select pgq.event_failed(1, 1, 'x')`)
    for (const [call, state] of [
      [`pgq.event_failed(7, 1, 'x')`, 'PQ003'],
      [`pgq.event_failed(null, 1, 'x')`, 'PQ003'],
      [`pgq.event_failed(1, 7, 'x')`, 'PQ004'],
      [`pgq.event_failed(1, null, 'x')`, 'PQ004'],
      [`pgq.failed_event_count('nope', 'c')`, 'PQ001'],
      [`pgq.failed_event_list(null, 'c')`, 'PQ001'],
      [`pgq.failed_event_retry('nope', 'c', 1)`, 'PQ001'],
      [`pgq.failed_event_delete('nope', 'c', 1)`, 'PQ001'],
    ]) {
      expect([call, await sessions.failure('main', `select ${call}`)]).toEqual([call, state])
    }
    await sessions.ask('select pgq.finish_batch(1)')
    expect(await sessions.failure('main', `select pgq.event_failed(1, 1, 'x')`)).toBe('PQ003')
  })

  it('are refused of a batch that a stream of the gateway holds, which settles it undisturbed', async () => {
    await using server = await startTestServer({ engine })
    await using sessions = new Sessions(server.fixture)
    await insert(sessions)
    await using stream = subscribe(
      'SSE',
      server.url,
      'subscription { batches(input: { queue: "q", consumer: "c" }) { batchId leaseToken events { eventId } } }',
    )
    const { batches } = await stream.nextData()
    expect(batches.events).toHaveLength(2)
    const call = `select pgq.event_failed(${batches.batchId}, 1, 'x')`
    expect(await sessions.failure('main', call)).toBe('PQ011')
    expect(await sessions.ask(count)).toEqual(['0'])
    const { finishBatch } = await requestData(
      server.url,
      `mutation ($batchId: BigInt!, $leaseToken: String) { finishBatch(input: {
        batchId: $batchId, leaseToken: $leaseToken, failures: [{ eventId: 1, reason: "by the stream" }]
      }) { finished } }`,
      { batchId: batches.batchId, leaseToken: batches.leaseToken },
    )
    expect(finishBatch).toEqual({ finished: true })
    expect(await sessions.ask(`select ev_failed_reason from pgq.failed_event_list('q', 'c')`)).toEqual([
      'by the stream',
    ])
  })

  it('can be made by readers, but moved and deleted by administrators only', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await open(sessions)
    for (const role of ['reader', 'writer']) await sessions.askIn(role, `set role pgq_${role}`)
    await sessions.askIn('reader', `select pgq.event_failed(1, 1, 'x'), pgq.failed_event_count('q', 'c')`)
    await sessions.askIn('reader', list)
    const failures = [
      await sessions.failure('writer', `select pgq.event_failed(1, 2, 'x')`),
      await sessions.failure('writer', list),
      await sessions.failure('writer', count),
      await sessions.failure('reader', `select pgq.failed_event_retry('q', 'c', 1)`),
      await sessions.failure('reader', `select pgq.failed_event_delete('q', 'c', 1)`),
    ]
    expect(failures).toEqual(Array(5).fill('42501'))
  })

  it('are refused with the remedy where pgq_gateway is missing, until it is installed', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await open(sessions)
    await sessions.ask('drop schema pgq_gateway cascade')
    const client = await sessions.client('main')
    const calls = [`pgq.event_failed(1, 1, 'x')`, `pgq.failed_event_list('q', 'c')`]
    calls.push(`pgq.failed_event_list('q', 'c', 1, 0)`, `pgq.failed_event_count('q', 'c')`)
    calls.push(`pgq.failed_event_retry('q', 'c', 1)`, `pgq.failed_event_delete('q', 'c', 1)`)
    for (const call of calls) {
      await expect(client.query(`select ${call}`)).rejects.toMatchObject({
        code: '3F000',
        message: expect.stringContaining('run: pgq-graphql install'),
      })
    }
    await installEngine(client, { engine: 'auto' })
    expect(await sessions.ask(`select pgq.event_failed(1, 1, 'x')`)).toEqual(['1'])
  })
})

describe.each(availableEngines.filter((engine) => !sqlEngines.includes(engine)))('on %s', (engine) => {
  it('no function for failed events is added to schema pgq', async () => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    expect(await sessions.ask(functions)).toEqual(['0'])
  })

  it('an event of a batch that was opened in SQL is failed through the gateway', async () => {
    await using server = await startTestServer({ engine, ticker: false })
    await using sessions = new Sessions(server.fixture)
    await open(sessions)
    const { failEvent } = await requestData(
      server.url,
      'mutation { failEvent(input: { batchId: "1", eventId: "2", reason: "x" }) { deadLetter { event { data } } } }',
    )
    expect(failEvent).toEqual({ deadLetter: { event: { data: 'two' } } })
    expect(await sessions.ask('select pgq.finish_batch(1)')).toEqual(['1'])
  })
})
