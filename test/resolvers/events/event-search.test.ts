import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/defaults.ts'
import {
  type EventSearch,
  type SearchCursor,
  searchEvents,
} from '../../../src/resolvers/events/event-search.ts'
import { traceEvent } from '../../../src/resolvers/events/event-trace.ts'
import { RequestBudget } from '../../../src/resolvers/request-budget.ts'
import { createTestContext } from '../../support/context.ts'
import { availableEngines, createTestDatabase, type EngineName } from '../../support/database.ts'

/** A queue `q`, and searches of it. */
async function setUp(engine?: EngineName) {
  const fixture = await createTestDatabase(engine)
  const live = await fixture.open()
  const context = createTestContext(live)
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('q')`)
  const search = (filter: EventSearch | null = null, first?: number, after: SearchCursor | null = null) =>
    searchEvents(context, { database: 'main', queue: 'q', filter, first, after })
  return {
    live,
    context,
    client,
    search,
    insert: async (data: string, type = 't', extras: (string | null)[] = []): Promise<string> => {
      const values = ['q', type, data, ...[0, 1, 2, 3].map((index) => extras[index] ?? null)]
      const { rows } = await client.query('select pgq.insert_event($1, $2, $3, $4, $5, $6, $7) as id', values)
      return rows[0].id
    },
    /** Searches on and on. @returns What each call found. */
    searchAll: async (filter: EventSearch | null = null, first?: number) => {
      const pages: string[][] = []
      for (let after: SearchCursor | null = null; ; ) {
        const page = await search(filter, first, after)
        pages.push(page.rows.map(({ data }) => data ?? ''))
        if (page.isComplete) return pages
        after = page.endCursor
      }
    },
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await live.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

/** Cuts the log and has rotation empty the oldest table. */
async function rotate(client: pg.Client): Promise<void> {
  await client.query(`select pgq_gateway.tick('q', true)`)
  await client.query(
    `update pgq.queue set queue_rotation_period = '0', queue_switch_time = now() - interval '1 h'`,
  )
  await client.query(`select pgq.maint_rotate_tables_step1('q')`)
  await client.query('select pgq.maint_rotate_tables_step2()')
}

/** Writes events of one type straight into the log, as fast as can be. */
async function fill(client: pg.Client, type: string, count: number): Promise<void> {
  await client.query(
    `insert into pgq.event_1_0 (ev_time, ev_txid, ev_type, ev_data)
     select now(), txid_current(), $1, json_build_object('n', n, 'padding', repeat('x', 50)) from generate_series(1, $2::int4) n`,
    [type, count],
  )
  await client.query(`select pgq_gateway.tick('q', true)`)
}

describe.each(availableEngines)('a search of the log on %s', (engine) => {
  test('finds the events that meet each condition, newest first', async () => {
    await using t = await setUp(engine)
    const id = await t.insert('{"a": {"b": [1, {"c": "x\\u0041/é"}]}, "n": 1.0}', 'json', ['e1', null, 'e3'])
    await t.insert('no JSON, a', 'text', ['e1', 'e2'])
    await t.insert('["a", 1e400, null]', 'json', [null, null, null, 'e4'])
    await t.insert('{"a": null, "%_": true, "u": "\\u0000"}', 'bad')
    const expected: [EventSearch, number[]][] = [
      [{}, [4, 3, 2, 1]],
      [{ types: ['json'] }, [3, 1]],
      [{ types: ['bad', 'text'] }, [4, 2]],
      [{ types: [] }, []],
      [{ extra1: 'e1' }, [2, 1]],
      [{ extra1: 'e1', extra2: 'e2' }, [2]],
      [{ extra3: 'e3' }, [1]],
      [{ extra4: 'e4' }, [3]],
      [{ contains: 'a' }, [4, 3, 2, 1]],
      [{ contains: '%_' }, [4]],
      [{ contains: "'; drop" }, []],
      [{ json: { path: ['a', 'b', '1', 'c'], equals: 'xA/é' } }, [1]],
      [{ json: { path: ['a', 'b', '-1'], equals: { c: 'xA/é' } } }, [1]],
      [{ json: { path: ['n'], equals: 1 } }, [1]],
      [{ json: { path: ['0'], equals: 'a' } }, [3]],
      [{ json: { path: ['2'], equals: null } }, [3]],
      [{ json: { path: [], equals: ['a', 1, null] } }, []],
      [{ json: { path: ['none'], equals: null } }, []],
      [{ eventId: id }, [1]],
      [{ eventId: '4200000000' }, []],
      [{ from: '2001-01-01T00:00:00Z' }, [4, 3, 2, 1]],
      [{ to: '2001-01-01T00:00:00Z' }, []],
      [{ from: '2999-01-01T00:00:00Z' }, []],
    ]
    for (const [filter, numbers] of expected) {
      const { rows, isComplete } = await t.search(filter)
      const found = rows.map(({ eventId }) => Number(eventId) - Number(id) + 1)
      expect({ filter, found, isComplete }).toEqual({ filter, found: numbers, isComplete: true })
    }
  })

  test('goes through all tables, and over rotation, without an event twice or none', async () => {
    await using t = await setUp(engine)
    for (const data of ['a', 'b', 'c']) {
      await t.insert(`${data}1`)
      await t.insert(`${data}2`)
      if (data !== 'c') await rotate(t.client)
    }
    expect(await t.searchAll(null, 2)).toEqual([
      ['c2', 'c1'],
      ['b2', 'b1'],
      ['a2', 'a1'],
    ])
    const begun = await t.search(null, 1)
    await t.insert('later')
    const next = await t.search(null, 3, begun.endCursor)
    expect(next.rows.map(({ data }) => data)).toEqual(['c1', 'b2', 'b1'])
    await rotate(t.client)
    await t.insert('latest')
    expect(await t.search(null, 3, next.endCursor)).toMatchObject({ rows: [], isComplete: true })
    expect(await t.searchAll()).toEqual([['latest', 'later', 'c2', 'c1', 'b2', 'b1']])
  })

  test('leaves out retries, and what is not committed', async () => {
    await using t = await setUp(engine)
    await t.client.query(`select pgq.register_consumer('q', 'c')`)
    await t.insert('committed')
    await t.client.query(`select pgq_gateway.tick('q', true)`)
    const { rows } = await t.client.query(`select pgq.next_batch('q', 'c') as id`)
    await t.client.query('select pgq.event_retry($1, ev_id, 0) from pgq.get_batch_events($1)', [rows[0].id])
    await t.client.query('select pgq.finish_batch($1)', [rows[0].id])
    await t.client.query('select pgq.maint_retry_events()')
    await t.client.query('begin')
    await t.insert('open')
    expect(await t.searchAll()).toEqual([['committed']])
    await t.client.query('rollback')
    expect(await t.searchAll()).toEqual([['committed']])
  })
})

describe('a search of a long log', () => {
  test('looks at a part of it at a time, and says how far it has come', async () => {
    await using t = await setUp()
    await t.insert('{"n": -1}')
    await fill(t.client, 'many', 400_000)
    const condition = { json: { path: ['n'], equals: -1 } }
    let calls = 0
    let lastId = Number.POSITIVE_INFINITY
    for (let after: SearchCursor | null = null; ; calls++) {
      const page = await t.search(condition, 10, after)
      const searchedTo = Number(page.searchedTo?.eventId)
      expect(searchedTo).toBeLessThan(lastId)
      lastId = searchedTo
      after = page.endCursor
      expect(page.isComplete).toBe(after === null)
      if (!after) {
        expect(page.rows.map(({ data }) => data)).toEqual(['{"n": -1}'])
        break
      }
      expect(page.rows).toEqual([])
    }
    expect(calls).toBeGreaterThan(0)
  })

  test('looks only where events of these times, or of this id, can be', async () => {
    await using t = await setUp()
    const times: string[] = []
    for (const type of ['first', 'second', 'third']) {
      await fill(t.client, type, 100_000)
      const { rows } = await t.client.query(
        `select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
      )
      times.push(rows[0].now)
    }
    const [afterFirst, afterSecond] = times
    const { rows, searchedTo } = await t.search({ from: afterSecond, contains: 'none' })
    expect(rows).toEqual([])
    expect(Number(searchedTo?.eventId)).toBeGreaterThan(150_000)
    const older = await t.search({ to: afterFirst, types: ['first', 'second'] }, 1)
    expect(older.rows.map(({ eventId, type }) => ({ eventId, type }))).toEqual([
      { eventId: '100000', type: 'first' },
    ])
    const between = await t.search({ from: afterFirst, to: afterSecond }, 1)
    expect(between.rows[0]).toMatchObject({ eventId: '200000', type: 'second' })
    const { event } = await traceEvent(t.context, { database: 'main', queue: 'q', eventId: '123456' })
    expect(event).toMatchObject({ eventId: '123456', type: 'second' })
  })

  test('ends when nobody waits for it any more', async () => {
    await using t = await setUp()
    await fill(t.client, 'many', 200_000)
    let statements = 0
    const budget = new RequestBudget(defaultLimits, () => statements++ < 2)
    const context = Object.defineProperty(createTestContext(t.live), 'budget', { value: budget })
    const filter = { json: { path: ['n'], equals: 'none' } }
    const left = searchEvents(context, { database: 'main', queue: 'q', filter, after: null })
    await expect(left).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(statements).toBe(3)
  })

  test('gives fewer events where they are large, and never none', async () => {
    await using t = await setUp()
    for (let n = 1; n <= 6; n++) await t.insert(`${n}${'x'.repeat(2_000_000)}`)
    const pages = await t.searchAll()
    expect(
      pages
        .flat()
        .map(([number]) => number)
        .join(''),
    ).toBe('654321')
    expect(pages.length).toBeGreaterThan(2)
  })
})

describe('a search', () => {
  test('refuses conditions and cursors that cannot be', async () => {
    await using t = await setUp()
    await t.insert('{}')
    const deep = Array.from({ length: 5_000 }).reduce<unknown>((inner) => [inner], 1)
    const refused: [EventSearch | null, SearchCursor | null, object][] = [
      [{ json: { path: ['a'] } }, null, { code: 'BAD_INPUT', field: 'filter.json.equals' }],
      [{ json: { path: ['a'], equals: deep } }, null, { code: 'BAD_INPUT', field: 'filter.json.equals' }],
      [
        { json: { path: Array(101).fill('a'), equals: 1 } },
        null,
        { code: 'LIMIT_EXCEEDED', field: 'filter.json.path' },
      ],
      [{ json: { path: ['a'], equals: '\0' } }, null, { code: 'BAD_INPUT' }],
      [{ contains: '\0' }, null, { code: 'BAD_INPUT' }],
      [{ types: Array(1_001).fill('a') }, null, { code: 'LIMIT_EXCEEDED', field: 'filter.types' }],
      [null, ['0', '1', '(99999999999,1)'], { code: 'BAD_INPUT', field: 'after' }],
      [null, ['0', 'x', '(1,1)'], { code: 'BAD_INPUT', field: 'after' }],
    ]
    for (const [filter, after, error] of refused)
      await expect(t.search(filter, 1, after)).rejects.toMatchObject(error)
    await expect(t.search(null, 1_001)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', field: 'first' })
    const none = searchEvents(t.context, { database: 'main', queue: 'none', after: null })
    await expect(none).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' })
  })
})
