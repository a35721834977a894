import { once } from 'node:events'
import net from 'node:net'
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectionTarget } from '../../../src/postgres/connection-target.ts'
import { Listener, type ListenerOptions } from '../../../src/pubsub/ticks/listener.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { until, withDeadline } from '../../support/deadline.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const application = 'pgq-graphql/listen 77'
const gatewayId = 77

let database: TestDatabase
let admin: pg.Client

beforeEach(async () => {
  database = await createTestDatabase()
  admin = await database.connect()
  return async () => {
    await admin.end()
    await database[Symbol.asyncDispose]()
  }
})

const open: Listener[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.close()))
})

function listen(options: Partial<ListenerOptions> = {}, url = database.url): Listener {
  const listener = new Listener({
    gatewayId,
    client: () => ({
      target: connectionTarget(url),
      applicationName: application,
      settings: {},
      connectTimeoutMs: 10_000,
      answerTimeoutMs: 0,
    }),
    heartbeatMs: 50,
    answerDeadlineMs: 300,
    firstBackoffMs: 20,
    maxBackoffMs: 100,
    ...options,
  })
  open.push(listener)
  return listener
}

function event(
  listener: Listener,
  name: 'connected' | 'disconnected' | 'failed' | 'notice',
): Promise<unknown[]> {
  return withDeadline(once(listener, name), name, 5_000)
}

async function connected(options?: Partial<ListenerOptions>, url?: string): Promise<Listener> {
  const listener = listen(options, url)
  const ready = event(listener, 'connected')
  listener.start()
  await ready
  return listener
}

async function backends(): Promise<number[]> {
  const { rows } = await admin.query<{ pid: number }>(
    'select pid from pg_stat_activity where datname = current_database() and application_name = $1',
    [application],
  )
  return rows.map((row) => row.pid)
}

/** A notice sent now arrives, and is the next that does. */
async function expectToHear(listener: Listener): Promise<void> {
  const notice = event(listener, 'notice')
  await admin.query("select pg_notify('pgq_tick', 'marker')")
  expect(await notice).toEqual(['pgq_tick', 'marker'])
}

test('hears both channels, with payloads unread', async () => {
  const listener = await connected()
  for (const [channel, payload] of [
    ['pgq_tick', '{"tick": 90071992547409931}'],
    ['pgq_gateway', 'not { JSON'],
    ['pgq_tick', 'x'],
  ]) {
    const notice = event(listener, 'notice')
    await admin.query('select pg_notify($1, $2)', [channel, payload])
    expect(await notice).toEqual([channel, payload])
  }
})

test('survives a notice without a payload', async () => {
  const listener = await connected()
  const notice = event(listener, 'notice')
  await admin.query('notify pgq_tick')
  expect((await notice)[0]).toBe('pgq_tick')
  await expectToHear(listener)
})

test('sends a notice that it hears itself', async () => {
  const listener = await connected()
  const notice = event(listener, 'notice')
  await listener.notify('pgq_gateway', `it's "quoted"`)
  expect(await notice).toEqual(['pgq_gateway', `it's "quoted"`])
})

test('connects again after its backend was killed, and says so once each time', async () => {
  const listener = await connected()
  const log: string[] = []
  listener.on('connected', () => log.push('connected'))
  listener.on('disconnected', () => log.push('disconnected'))
  for (let round = 0; round < 3; round++) {
    const again = event(listener, 'connected')
    await admin.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [await backends()])
    await again
    await expectToHear(listener)
  }
  expect(log).toEqual(Array.from({ length: 3 }, () => ['disconnected', 'connected']).flat())
  expect(await backends()).toHaveLength(1)
})

test('notices a half-open connection and replaces it', async () => {
  await using proxy = await startTcpProxy(database.url)
  const listener = await connected({ connectDeadlineMs: 300 }, proxy.url)
  const lost = event(listener, 'disconnected')
  proxy.stall()
  expect(String((await lost)[0])).toMatch(/no answer within 300 ms/)
  const again = event(listener, 'connected')
  proxy.resume()
  await again
  await expectToHear(listener)
  // The server cannot know that the first connection is dead.
  proxy.bury()
  await until(async () => (await backends()).length === 1, 'the end of the dead backend')
})

test('connects again after a reset', async () => {
  await using proxy = await startTcpProxy(database.url)
  const listener = await connected({}, proxy.url)
  const again = event(listener, 'connected')
  proxy.reset()
  await again
  await expectToHear(listener)
})

test('replaces a connection whose notices do not come back, since the server lost its registration', async () => {
  await using proxy = await startTcpProxy(database.url)
  // The registration that the server has is not the one that was asked for.
  proxy.rewrite([`LISTEN pgq_gateway_${gatewayId}`, `LISTEN pgq_nowhere_${gatewayId}`])
  const listener = await connected({}, proxy.url)
  proxy.rewrite()
  const lost = event(listener, 'disconnected')
  const again = event(listener, 'connected')
  expect(String((await lost)[0])).toMatch(/no notice to itself within 300 ms$/)
  await again
  await expectToHear(listener)
})

test('tries again when LISTEN fails after the connection was made', async () => {
  await using proxy = await startTcpProxy(database.url)
  proxy.rewrite(['LISTEN pgq_gateway', 'LISTAN pgq_gateway'])
  const listener = listen({}, proxy.url)
  const failed = event(listener, 'failed')
  const ready = event(listener, 'connected')
  listener.start()
  expect(String((await failed)[0])).toMatch(/syntax error/)
  expect(listener.isConnected).toBe(false)
  proxy.rewrite()
  await ready
  await expectToHear(listener)
  expect(await backends()).toHaveLength(1)
})

test('tries again for as long as nobody answers', async () => {
  const silent = net.createServer((socket) => socket.resume())
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as net.AddressInfo
  const listener = listen({ connectDeadlineMs: 50 }, `postgresql://nobody@127.0.0.1:${port}/nothing`)
  listener.start()
  for (let attempt = 0; attempt < 5; attempt++) {
    expect(String((await event(listener, 'failed'))[0])).toMatch(/no usable connection within 50 ms/)
  }
  await listener.close()
  silent.close()
  await once(silent, 'close')
})

test('closes at once while it waits between attempts', async () => {
  const listener = listen(
    { firstBackoffMs: 60_000, maxBackoffMs: 60_000 },
    'postgresql://nobody@127.0.0.1:1/nothing',
  )
  const failed = event(listener, 'failed')
  listener.start()
  await failed
  await withDeadline(listener.close(), 'close', 500)
})

test('closes at once while it connects, and leaves no backend', async () => {
  const listener = listen()
  listener.start()
  await withDeadline(listener.close(), 'close', 500)
  await until(async () => (await backends()).length === 0, 'the end of its backend')
})

test('closes in time when the server is silent', async () => {
  await using proxy = await startTcpProxy(database.url)
  const listener = await connected({ closeDeadlineMs: 100, heartbeatMs: 60_000 }, proxy.url)
  proxy.stall()
  await withDeadline(listener.close(), 'close', 1_000)
})

test('closes twice, at once and later, and leaves no backend', async () => {
  const listener = await connected()
  const log: string[] = []
  listener.on('disconnected', () => log.push('disconnected'))
  await Promise.all([listener.close(), listener.close()])
  await listener.close()
  expect(log).toEqual(['disconnected'])
  await until(async () => (await backends()).length === 0, 'the end of its backend')
})

test('does not connect when it was closed before its start', async () => {
  const listener = listen()
  await listener.close()
  listener.start()
  await listener.close()
  expect(await backends()).toHaveLength(0)
})

test('delivers nothing after close', async () => {
  const listener = await connected()
  const heard: unknown[] = []
  listener.on('notice', (...notice) => heard.push(notice))
  const closed = listener.close()
  await admin.query("select pg_notify('pgq_tick', 'late')")
  await closed
  expect(heard).toEqual([])
})
