import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anybody } from '../../../src/caller.ts'
import type { LiveDatabase } from '../../../src/database/live-database.ts'
import type { Stream } from '../../../src/pubsub/stream.ts'
import type { TailMessage } from '../../../src/pubsub/tail/tail-source.ts'
import { tail as openTail } from '../../../src/pubsub/tail/tail-stream.ts'
import type { EventFilter } from '../../../src/resolvers/events/event-row.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { until, withDeadline } from '../../support/deadline.ts'

let fixture: TestDatabase
let live: LiveDatabase
/** Readings of the log by which a tail finds its start, and then that nothing follows. */
let startReads = 0
/** Tails that begin with what comes after their first reading, and have not been asked for anything. */
const unbegun = new Set<Stream<TailMessage>>()
let statementCount: number
let admin: pg.Client
let open: Stream<TailMessage>[]

beforeEach(async () => {
  fixture = await createTestDatabase()
  statementCount = 0
  live = await fixture.open(
    {},
    {
      statement: ({ name }) => {
        statementCount++
        if (name === 'tick-log') startReads++
      },
    },
  )
  startReads = 0
  unbegun.clear()
  admin = await fixture.connect()
  await admin.query(`select pgq.create_queue('q')`)
  await until(() => live.feed.isLive, 'the listening connection')
  open = []
})

afterEach(async () => {
  await admin.end()
  await live.close()
  await fixture[Symbol.asyncDispose]()
})

function tail(input: { after?: string; filter?: EventFilter; maxEvents?: number } = {}) {
  const all = { queue: 'q', after: null, maxEvents: 10_000, maxBytes: 1 << 24, ...input }
  const stream = openTail(live.seenBy(anybody), anybody, all)
  open.push(stream)
  if (input.after === undefined) unbegun.add(stream)
  return stream
}

async function publish(...types: string[]): Promise<void> {
  for (const type of types) await admin.query(`select pgq.insert_event('q', $1, 'x')`, [type])
  await admin.query(`select pgq_gateway.tick('q', true)`)
}

async function next(stream: Stream<TailMessage>): Promise<TailMessage> {
  const { done, value } = await withDeadline(stream.next(), 'a message')
  if (done) throw new Error('the stream is over')
  return value
}

const typesOf = (message: TailMessage) =>
  message.kind === 'batch' ? message.batch.events.map((event) => event.type) : [message.gap.reason]

/**
 * Starts to wait for the next message of each stream, and lets them come together: who reads by itself listens by itself,
 * and of those who read together one does. A new one has found its start by then, so that it misses nothing from now on.
 */
async function waitAll(streams: Stream<TailMessage>[], shareCount = 1): Promise<Promise<TailMessage>[]> {
  const begin = streams.filter((stream) => unbegun.delete(stream))
  const known = startReads + 2 * begin.length
  const messages = streams.map(next)
  for (const message of messages) message.catch(() => {})
  const { feed } = live
  await until(() => startReads >= known && feed.subscriberCount === shareCount, `${shareCount} shares`)
  return messages
}

describe('equal tails at the same position', () => {
  test('read a tick once, and are given the same object', async () => {
    const streams = Array.from({ length: 250 }, () => tail())
    const waiting = await waitAll(streams)
    const before = statementCount
    await publish('a')
    const messages = await Promise.all(waiting)
    expect(typesOf(messages[0] as TailMessage)).toEqual(['a'])
    expect(new Set(messages).size).toBe(1)
    expect(statementCount - before).toBeLessThan(10)
  })

  test('each get every message in order, whatever their pace', async () => {
    const streams = Array.from({ length: 20 }, () => tail({ after: '1' }))
    const expected = Array.from({ length: 30 }, (_, n) => `e${n}`)
    const readAll = streams.map(async (stream, n) => {
      const seen: string[] = []
      while (seen.length < expected.length) {
        seen.push(...(typesOf(await next(stream)) as string[]))
        if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, n))
      }
      return seen
    })
    for (const type of expected) await publish(type)
    for (const seen of await Promise.all(readAll)) expect(seen).toEqual(expected)
  })

  test('parts of a batch above the limit are shared too', async () => {
    const streams = Array.from({ length: 5 }, () => tail({ maxEvents: 2 }))
    const waiting = await waitAll(streams)
    await publish('a', 'b', 'c', 'd', 'e')
    const first = await Promise.all(waiting)
    const second = await Promise.all(streams.map(next))
    const third = await Promise.all(streams.map(next))
    expect([first, second, third].map((messages) => typesOf(messages[0] as TailMessage))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e'],
    ])
    for (const messages of [first, second, third]) expect(new Set(messages).size).toBe(1)
  })

  test('share nothing with those of another filter or limit', async () => {
    const streams = [
      tail({ after: '1' }),
      tail({ after: '1', filter: { types: ['a'] } }),
      tail({ after: '1', filter: { types: ['b'] } }),
      tail({ after: '1', maxEvents: 1 }),
    ]
    const waiting = await waitAll(streams, 4)
    await publish('a', 'b')
    expect((await Promise.all(waiting)).map(typesOf)).toEqual([['a', 'b'], ['a'], ['b'], ['a']])
  })
})

test('a tail that was left behind catches up by itself, misses nothing, and joins the others again', async () => {
  const quick = tail()
  const slow = tail()
  const waiting = await waitAll([quick, slow])
  await publish('first')
  for (const message of waiting) expect(typesOf(await message)).toEqual(['first'])
  const expected = Array.from({ length: 40 }, (_, n) => `e${n}`)
  for (const type of expected) {
    const message = next(quick)
    await publish(type)
    expect(typesOf(await message)).toEqual([type])
  }
  const seen: string[] = []
  for (const _ of expected) seen.push(...(typesOf(await next(slow)) as string[]))
  expect(seen).toEqual(expected)
  const together = await waitAll([quick, slow])
  await publish('last')
  const [a, b] = await Promise.all(together)
  expect(typesOf(a as TailMessage)).toEqual(['last'])
  expect(a).toBe(b)
})

test('the end of one tail leaves the others as they are, also when it was the first', async () => {
  const streams = [tail(), tail(), tail()]
  const waiting = await waitAll(streams)
  await streams[0]?.return()
  await withDeadline(streams[0]?.closed ?? Promise.reject(new Error('none')), 'the end of the first')
  await publish('a')
  const rest = await Promise.all(waiting.slice(1))
  expect(rest.map(typesOf)).toEqual([['a'], ['a']])
})

test('tails that have all ended leave nothing that listens or reads', async () => {
  const streams = Array.from({ length: 50 }, () => tail())
  const waiting = await waitAll(streams)
  expect(live.feed.subscriberCount).toBe(1)
  for (const stream of streams) {
    await stream.return()
    await stream.closed
  }
  expect(live.feed.subscriberCount).toBe(0)
  expect(live.streams.size).toBe(0)
  for (const message of waiting) await expect(message).rejects.toThrow('the stream is over')
  const hints = live.feed.subscribe('q')
  const before = statementCount
  await publish('a')
  await withDeadline(hints.next(), 'the hint that there is a tick')
  hints.end()
  expect(statementCount).toBe(before)
})

test('a queue that is dropped ends all of its tails with QUEUE_NOT_FOUND', async () => {
  const waiting = await waitAll([tail(), tail(), tail()])
  await admin.query(`select pgq.drop_queue('q')`)
  await admin.query(`select pg_notify('pgq_tick', '{"queue": "q", "tick": "0"}')`)
  for (const message of waiting) await expect(message).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' })
})

test('a newest tick that a failover has lost is not given again to those who come to its place', async () => {
  const first = tail()
  const one = await waitAll([first])
  await publish('one')
  await Promise.all(one)
  const two = await waitAll([first])
  await publish('two')
  await Promise.all(two)
  await admin.query('delete from pgq.tick where tick_id = (select max(tick_id) from pgq.tick)')
  const lost = await waitAll([first])
  await admin.query(`select pg_notify('pgq_tick', '{"queue": "q", "tick": "0"}')`)
  expect(typesOf(await (lost[0] as Promise<TailMessage>))).toEqual(['AHEAD'])
  const waiting = await waitAll([first, tail()])
  await publish('three')
  expect((await Promise.all(waiting)).map(typesOf)).toEqual([
    ['two', 'three'],
    ['two', 'three'],
  ])
})

test('a queue that is made anew gives every tail the gap, and a late one does not take old messages for new', async () => {
  const quick = tail()
  const late = tail()
  const first = await waitAll([quick, late])
  await publish('old')
  await Promise.all(first)
  const waiting = await waitAll([quick])
  await admin.query(`begin; select pgq.drop_queue('q'); select pgq.create_queue('q'); commit`)
  await publish('new 2')
  await publish('new 3')
  expect(typesOf(await (waiting[0] as Promise<TailMessage>))).toEqual(['RECREATED'])
  expect([...typesOf(await next(quick)), ...typesOf(await next(quick))]).toEqual(['new 2', 'new 3'])
  const seen = [await next(late), await next(late), await next(late)].flatMap(typesOf)
  expect(seen).toEqual(['RECREATED', 'new 2', 'new 3'])
})
