import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LiveDatabase } from '../../src/database/live-database.ts'
import { EarlyTicks } from '../../src/ticker/early-ticks.ts'
import { createTestDatabase, eachEngine, type TestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'

describe('the budget', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => void vi.useRealTimers())

  test('allows as many as a burst at once, and then 200 in a second, whatever the queues', () => {
    const early = new EarlyTicks(() => true)
    const spendAll = (queue: string) => {
      let spent = 0
      for (; early.allows(queue); spent++) early.spend()
      return spent
    }
    expect(spendAll('a')).toBe(50)
    vi.advanceTimersByTime(100)
    expect(spendAll('b')).toBe(20)
    vi.advanceTimersByTime(3_600_000)
    expect(spendAll('a')).toBe(50)
  })

  test('allows none for a queue that nobody waits for, or did long ago', () => {
    const early = new EarlyTicks((queue) => queue === 'here')
    expect(['here', 'there'].map((queue) => early.allows(queue))).toEqual([true, false])
    early.awaited('there')
    expect(early.allows('there')).toBe(true)
    vi.advanceTimersByTime(10_001)
    expect(early.allows('there')).toBe(false)
  })
})

describe.each(eachEngine)('on %s, a queue with a max lag of half a second', (engine) => {
  const MAX_LAG_MS = 500
  let fixture: TestDatabase
  let client: pg.Client
  let lives: LiveDatabase[]

  beforeEach(async () => {
    fixture = await createTestDatabase(engine)
    client = await fixture.connect()
    lives = [await fixture.open({ ticker: true })]
    await client.query(
      `select pgq.create_queue('q'), pgq.set_queue_config('q', 'ticker_max_lag', '${MAX_LAG_MS} ms')`,
    )
    await until(() => lives[0]?.ticker?.isLeading && lives[0].feed.isLive, 'a ticker that listens')
    return async () => {
      await Promise.all(lives.map((live) => live.close()))
      await client.end()
      await fixture[Symbol.asyncDispose]()
    }
  })

  /** Publishes events one after another, each when the one before is in a tick. @returns distances of their ticks (ms). */
  async function gaps(): Promise<number[]> {
    const ticksWithEvents = `select tick_time at from pgq.tick where tick_event_seq > $1 order by tick_id`
    const { rows } = await client.query<{ seq: string }>('select max(tick_event_seq) seq from pgq.tick')
    for (let n = 0; n < 4; n++) {
      const { rows: inserted } = await client.query<{ id: string }>(
        `select pgq.insert_event('q', 't', 'd') as id`,
      )
      lives[0]?.ticker?.published('q')
      const isTicked = async () =>
        (await client.query('select from pgq.tick where tick_event_seq >= $1', [inserted[0]?.id])).rowCount
      await until(async () => ((await isTicked()) ?? 0) > 0, 'a tick after the event')
    }
    const { rows: ticks } = await client.query<{ at: Date }>(ticksWithEvents, [rows[0]?.seq ?? 0])
    return ticks.slice(1).map(({ at }, n) => at.getTime() - (ticks[n]?.at.getTime() ?? 0))
  }

  test('ticks after max lag where nobody waits, or the mover alone', async () => {
    const [live] = lives
    live?.feed.subscribe('q', undefined, true)
    expect(Math.min(...(await gaps()))).toBeGreaterThanOrEqual(MAX_LAG_MS - 1)
  })

  test('ticks sooner while a subscriber waits for this queue', async () => {
    const [live] = lives
    const hints = live?.feed.subscribe('q')
    expect(Math.min(...(await gaps()))).toBeLessThan(MAX_LAG_MS - 1)
    hints?.end()
    live?.feed.subscribe('another')
    expect(Math.min(...(await gaps()))).toBeGreaterThanOrEqual(MAX_LAG_MS - 1)
  })

  test('ticks sooner while a subscriber waits at another gateway', async () => {
    const other = await fixture.open({ ticker: true })
    lives.push(other)
    await until(() => other.feed.isLive, 'the other gateway to listen')
    const told = new Promise((resolve) => lives[0]?.feed.once('watched', resolve))
    other.feed.subscribe('q')
    await withDeadline(told, 'word from the other gateway', 10_000)
    expect(Math.min(...(await gaps()))).toBeLessThan(MAX_LAG_MS - 1)
  })
})
