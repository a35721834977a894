import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LiveDatabase } from '../../../src/database/live-database.ts'
import { type EventInput, insertEvent } from '../../../src/resolvers/publishing/publishing.ts'
import { createTestContext } from '../../support/context.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { until } from '../../support/deadline.ts'

let fixture: TestDatabase
let database: LiveDatabase
/** Counts the inserts that were answered. */
let insertCount: number
let admin: pg.Client

beforeEach(async () => {
  fixture = await createTestDatabase()
  insertCount = 0
  database = await fixture.open(
    {},
    {
      statement: ({ role }) => {
        if (role === 'writer') insertCount++
      },
    },
  )
  admin = await fixture.connect()
  await admin.query(`select pgq.create_queue('a'), pgq.create_queue('b')`)
})

afterEach(async () => {
  await admin.end()
  await database.close()
  await fixture[Symbol.asyncDispose]()
})

const publish = (queue: string, event: EventInput) =>
  insertEvent(createTestContext(database), { database: 'main', queue, ...event })

const publishMany = (queue: string, count: number) =>
  Array.from({ length: count }, (_, n) => publish(queue, { type: 'x', data: String(n) }))

async function tableOf(queue: string): Promise<string> {
  const { rows } = await admin.query('select pgq.current_event_table($1) as name', [queue])
  return rows[0].name
}

async function stored(queue: string): Promise<string[]> {
  const { rows } = await admin.query(`select ev_data from ${await tableOf(queue)} order by ev_id`)
  return rows.map((row) => row.ev_data)
}

/** Keeps inserts into a queue from going on. @returns Lets them. */
async function block(queue: string): Promise<() => Promise<unknown>> {
  await admin.query(`begin; lock table ${await tableOf(queue)} in share row exclusive mode`)
  return () => admin.query('commit')
}

const waitingInserts = async () => {
  const watcher = await fixture.connect()
  try {
    const { rows } = await watcher.query(
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows.map((row) => row.pid as number)
  } finally {
    await watcher.end()
  }
}

test('events published while another is under way share a statement, and each gets its own id', async () => {
  const ids = await Promise.all(publishMany('a', 100))
  expect(insertCount).toBe(2)
  const { rows } = await admin.query(
    `select ev_id::text, ev_data from ${await tableOf('a')} order by ev_data::int`,
  )
  expect(rows).toEqual(ids.map((id, n) => ({ ev_id: id, ev_data: String(n) })))
})

test('a single event is sent at once by itself', async () => {
  const id = await publish('a', { data: 'only' })
  expect(id).toMatch(/^\d+$/)
  expect(insertCount).toBe(1)
})

test('a shared statement holds at most 256 events, and at most about a million characters', async () => {
  await Promise.all(publishMany('a', 1 + 2 * 256))
  expect(insertCount).toBe(3)
  const large = Array.from({ length: 5 }, () => publish('b', { data: 'x'.repeat(600_000) }))
  await Promise.all(large)
  expect(insertCount).toBe(3 + 5)
})

test('an event is not answered before its commit', async () => {
  const unblock = await block('a')
  let isAnswered = false
  const published = publish('a', { data: '1' }).then(() => {
    isAnswered = true
  })
  await until(async () => (await waitingInserts()).length === 1, 'an insert that waits')
  expect(isAnswered).toBe(false)
  await unblock()
  await published
  expect(await stored('a')).toEqual(['1'])
})

test('a queue whose inserts wait does not hold up another queue', async () => {
  const unblock = await block('a')
  const slow = publishMany('a', 3)
  await publish('b', { data: 'quick' })
  expect(await stored('b')).toEqual(['quick'])
  await unblock()
  await Promise.all(slow)
  expect(await stored('a')).toEqual(['0', '1', '2'])
})

test('one bad event fails alone, and its neighbours are stored once', async () => {
  await admin.query(`
    create function refuse_bad() returns trigger language plpgsql as $$
    begin
      if new.ev_data = 'bad' then raise exception 'bad event' using errcode = 'PQ012'; end if;
      return new;
    end $$;
    create trigger refuse_bad before insert on ${await tableOf('a')} for each row execute function refuse_bad()`)
  const data = ['1', '2', 'bad', '3', '4']
  const results = await Promise.allSettled(data.map((each) => publish('a', { data: each })))
  expect(results.map((result) => result.status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(results[2]).toMatchObject({ reason: { code: 'BAD_INPUT', message: 'bad event' } })
  expect((await stored('a')).sort()).toEqual(['1', '2', '3', '4'])
})

test("a queue's limit per transaction counts what a publisher sends, not what was sent together", async () => {
  await admin.query(`update pgq.queue set queue_per_tx_limit = 1 where queue_name = 'a'`)
  await Promise.all(publishMany('a', 10))
  expect(await stored('a')).toHaveLength(10)
})

test('events of a queue that does not exist all fail, after one statement for those that wait', async () => {
  const results = await Promise.allSettled(publishMany('none', 20))
  for (const result of results) expect(result).toMatchObject({ reason: { code: 'QUEUE_NOT_FOUND' } })
  expect(insertCount).toBe(2)
})

test('events whose connection is lost fail with UNAVAILABLE and are not sent again', async () => {
  const unblock = await block('a')
  const first = Promise.allSettled(publishMany('a', 1))
  await until(async () => (await waitingInserts()).length === 1, 'an insert that waits')
  const rest = Promise.allSettled(publishMany('a', 5))
  const kill = async () => {
    const [pid] = await waitingInserts()
    if (pid !== undefined) await admin.query('select pg_terminate_backend($1)', [pid])
    return pid !== undefined
  }
  await kill()
  expect(await first).toMatchObject([{ reason: { code: 'UNAVAILABLE' } }])
  await until(kill, 'the shared insert, which waits')
  for (const result of await rest) expect(result).toMatchObject({ reason: { code: 'UNAVAILABLE' } })
  expect(insertCount).toBe(2)
  await unblock()
  expect(await stored('a')).toEqual([])
  await publish('a', { data: 'after' })
  expect(await stored('a')).toEqual(['after'])
})
