import { once } from 'node:events'
import type pg from 'pg'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Database } from '../../../src/postgres/database.ts'
import type { TickHint } from '../../../src/pubsub/ticks/channels.ts'
import { Listener } from '../../../src/pubsub/ticks/listener.ts'
import { TickFeed, type TickFeedOptions } from '../../../src/pubsub/ticks/tick-feed.ts'
import { openConnections } from '../../support/connections.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { until, withDeadline } from '../../support/deadline.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

let testDatabase: TestDatabase
let database: Database
let client: pg.Client

beforeEach(async () => {
  testDatabase = await createTestDatabase()
  client = await testDatabase.connect()
  await client.query("select pgq.create_queue('a'), pgq.create_queue('b')")
  database = openConnections(testDatabase.url)
  return async () => {
    await client.end()
    await database.close()
    await testDatabase[Symbol.asyncDispose]()
  }
})

const open: TickFeed[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(open.splice(0).map((feed) => feed.stop()))
})

function makeFeed(options: TickFeedOptions = {}, on = database): TickFeed {
  const feed = new TickFeed(on, options)
  open.push(feed)
  return feed
}

async function liveFeed(options?: TickFeedOptions, on?: Database): Promise<TickFeed> {
  const feed = makeFeed(options, on)
  const live = withDeadline(once(feed, 'live'), 'live')
  feed.start()
  await live
  return feed
}

async function tick(queue: string): Promise<string> {
  const { rows } = await client.query('select pgq_gateway.tick($1, true) as id', [queue])
  return rows[0].id
}

async function next(slot: AsyncIterator<TickHint, undefined>): Promise<TickHint | undefined> {
  return (await withDeadline(slot.next(), 'a hint')).value
}

/** The handle that another gateway has on the same database. */
function openOther(): Database & AsyncDisposable {
  const other = openConnections(testDatabase.url)
  return Object.assign(other, {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(open.splice(0).map((feed) => feed.stop()))
      await other.close()
    },
  })
}

async function listenerPids(): Promise<number[]> {
  const { rows } = await client.query(
    `select pid from pg_stat_activity
     where datname = current_database() and application_name like 'pgq-graphql/listen%'`,
  )
  return rows.map((row) => row.pid)
}

test('announces a tick to the subscribers of its queue and of all queues', async () => {
  const feed = await liveFeed()
  const a = feed.subscribe('a')
  const b = feed.subscribe('b')
  const all = feed.subscribe(null)
  const hint = { queue: 'a', tickId: await tick('a') }
  expect(await next(a)).toEqual(hint)
  expect(await next(all)).toEqual(hint)
  const marker = { queue: 'b', tickId: await tick('b') }
  expect(await next(b)).toEqual(marker)
})

test('is not live before the ticks made earlier are announced', async () => {
  const feed = makeFeed()
  const slot = feed.subscribe('a')
  const hint = { queue: 'a', tickId: await tick('a') }
  feed.start()
  expect(feed.isLive).toBe(false)
  await withDeadline(once(feed, 'live'), 'live')
  expect(await next(slot)).toEqual(hint)
})

test('announces what was ticked while LISTEN was down, by polling and once more live', async () => {
  await using proxy = await startTcpProxy(testDatabase.url)
  const behindProxy = openConnections(proxy.url)
  const feed = await liveFeed({ listener: { heartbeatMs: 50, answerDeadlineMs: 200 } }, behindProxy)
  const slot = feed.subscribe('a')
  const lost = withDeadline(once(feed, 'lost'), 'lost')
  proxy.stall()
  const live = once(feed, 'live')
  const hint = { queue: 'a', tickId: await tick('a') }
  await lost
  expect(feed.isLive).toBe(false)
  proxy.resume()
  expect(await next(slot)).toEqual(hint)
  await withDeadline(live, 'live again', 20_000)
  const after = { queue: 'a', tickId: await tick('a') }
  expect(await next(slot)).toEqual(after)
  await feed.stop()
  await behindProxy.close()
})

test('misses no tick while its backend is killed again and again', async () => {
  const feed = await liveFeed({ listener: { firstBackoffMs: 10, maxBackoffMs: 20 } })
  const slot = feed.subscribe('a')
  for (let round = 0; round < 5; round++) {
    const live = withDeadline(once(feed, 'live'), 'live')
    await client.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [await listenerPids()])
    const expected = await tick('a')
    let hint: TickHint | undefined
    do hint = await next(slot)
    while (hint && hint.tickId !== expected)
    expect(hint).toEqual({ queue: 'a', tickId: expected })
    await live
  }
})

test('looks at every queue when a notice cannot be read', async () => {
  const feed = await liveFeed()
  const slot = feed.subscribe(null)
  await client.query('alter table pgq.tick disable trigger user')
  const ticks = [
    { queue: 'a', tickId: await tick('a') },
    { queue: 'b', tickId: await tick('b') },
  ]
  await client.query(`select pg_notify('pgq_tick', 'gibberish')`)
  expect([await next(slot), await next(slot)]).toEqual(ticks)
})

test('announces a queue that was dropped and made again, though its tick ids begin anew', async () => {
  const feed = await liveFeed()
  const slot = feed.subscribe('a')
  await tick('a')
  await tick('a')
  const { tickId } = (await next(slot)) as TickHint
  expect(BigInt(tickId)).toBeGreaterThan(1n)
  await client.query(`select pgq.drop_queue('a', true), pgq.create_queue('a')`)
  let hint = await next(slot)
  while (hint && BigInt(hint.tickId) >= BigInt(tickId)) hint = await next(slot)
  expect(hint).toEqual({ queue: 'a', tickId: '1' })
})

test('polls where pgq.tick has no trigger, and only while somebody subscribes', async () => {
  await client.query(`do $$
    declare name text;
    begin
      for name in select t.tgname from pg_trigger t where t.tgrelid = 'pgq.tick'::regclass and not t.tgisinternal
      loop execute format('drop trigger %I on pgq.tick', name); end loop;
    end $$`)
  const feed = await liveFeed({ pollMs: 20, hasTickTrigger: () => false })
  const slot = feed.subscribe('a')
  const hint = { queue: 'a', tickId: await tick('a') }
  expect(await next(slot)).toEqual(hint)
  await slot.return()
  const since = performance.now()
  const queries = countQueries()
  // One poll may be on its way. The next one is for the next subscriber.
  const late = setTimeout(() => feed.subscribe('b'), 200)
  await until(() => queries.count > 1, 'a poll for the next subscriber')
  clearTimeout(late)
  expect(performance.now() - since).toBeGreaterThan(195)
})

test('sends no query to the database for 10,000 subscribers between ticks', async () => {
  const feed = await liveFeed({ listener: { heartbeatMs: 60_000 } })
  const slots = Array.from({ length: 10_000 }, (_, n) => feed.subscribe(`q${n % 100}`))
  const queries = countQueries()
  const marker = feed.subscribe('a')
  await tick('a')
  await next(marker)
  expect(queries.count).toBe(0)
  expect(feed.subscriberCount).toBe(10_001)
  for (const slot of slots) slot.end()
  expect(feed.subscriberCount).toBe(1)
})

test('tells other gateways, and not itself', async () => {
  await using other = openOther()
  const [one, two] = await Promise.all([liveFeed(), liveFeed({}, other)])
  const own: unknown[] = []
  one.on('settled', (notice) => own.push(notice))
  const heard = withDeadline(once(two, 'settled'), 'settled')
  await one.notify('settled', { queue: 'a', consumer: 'c' })
  expect(await heard).toEqual([{ queue: 'a', consumer: 'c', gateway: one.gatewayId }])
  const marker = withDeadline(once(one, 'released'), 'released')
  await two.notify('released', { queue: 'b' })
  await marker
  expect(own).toEqual([])
})

test('ends its subscriptions at stop, and those made afterwards', async () => {
  const feed = await liveFeed()
  const waiting = feed.subscribe('a').next()
  await feed.stop()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(await feed.subscribe('a').next()).toEqual({ done: true, value: undefined })
  await until(async () => (await listenerPids()).length === 0, 'the end of the connection')
})

/** Counts what feeds ask of the database from now on, whichever connection they take. */
function countQueries(): { readonly count: number } {
  const spies = [
    vi.spyOn(Listener.prototype, 'notify'),
    vi.spyOn(Database.prototype, 'call'),
    vi.spyOn(Database.prototype, 'callAside'),
  ]
  return {
    get count() {
      return spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
    },
  }
}

test('hears of ticks though their trigger is disabled, says so, and trusts notices again when they come', async () => {
  const feed = await liveFeed({ pollMs: 50, listener: { heartbeatMs: 50 } })
  const hints = feed.subscribe('a')
  await client.query('alter table pgq.tick disable trigger all')
  const missed = await tick('a')
  expect(await next(hints)).toEqual({ queue: 'a', tickId: missed })
  await until(() => !feed.isLive, 'the end of readiness')
  const polled = await tick('a')
  expect(await next(hints)).toEqual({ queue: 'a', tickId: polled })
  await client.query('alter table pgq.tick enable trigger all')
  const heard = await tick('a')
  expect(await next(hints)).toEqual({ queue: 'a', tickId: heard })
  await until(() => feed.isLive, 'readiness')
})

test('looks for missed ticks only while somebody subscribes', async () => {
  const feed = await liveFeed({ listener: { heartbeatMs: 20 } })
  const looks = vi.spyOn(database, 'callAside')
  await client.query('alter table pgq.tick disable trigger all')
  await tick('a')
  // Several heartbeats: each is a notice that comes back.
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(looks).not.toHaveBeenCalled()
  feed.subscribe('a')
  await until(() => looks.mock.calls.length > 0, 'a look')
})
