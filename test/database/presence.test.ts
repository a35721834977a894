import { once } from 'node:events'
import net from 'node:net'
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Presence, type PresenceOptions } from '../../src/database/presence.ts'
import type { Database } from '../../src/postgres/database.ts'
import type { Life } from '../../src/postgres/life.ts'
import { openConnections } from '../support/connections.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

type Use = (life: Life, signal: AbortSignal) => Promise<void>

let fixture: TestDatabase
let database: Database
let admin: pg.Client

beforeEach(async () => {
  fixture = await createTestDatabase()
  database = openConnections(fixture.url)
  admin = await fixture.connect()
  return async () => {
    await admin.end()
    await database.close()
    await fixture[Symbol.asyncDispose]()
  }
})

const open: Presence[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((presence) => presence.stop()))
})

/** Reaches the database by another way, under the same identity. */
function through(url: string): Database {
  const other = openConnections(url)
  return Object.assign(other, { gatewayId: database.gatewayId })
}

function makePresence(
  options: Partial<PresenceOptions> = {},
  { on = database, use = async () => {} }: { on?: Database; use?: Use } = {},
): Presence {
  const limits = { signMs: 50, answerDeadlineMs: 300, closeDeadlineMs: 100, maxBackoffMs: 100 }
  const presence = new Presence(on, use, { ...limits, ...options })
  open.push(presence)
  return presence
}

function event(presence: Presence, name: 'present' | 'absent'): Promise<unknown[]> {
  return withDeadline(once(presence, name), name, 5_000)
}

async function present(options?: Partial<PresenceOptions>, more?: { on?: Database; use?: Use }) {
  const presence = makePresence(options, more)
  const stands = event(presence, 'present')
  presence.start()
  await stands
  return presence
}

async function backends(): Promise<number[]> {
  const { rows } = await admin.query<{ pid: number }>(
    'select pid from pg_stat_activity where datname = current_database() and application_name = $1',
    [`pgq-graphql/gateway ${database.gatewayId}`],
  )
  return rows.map((row) => row.pid)
}

/** Gives the backend that says that this gateway lives. */
async function holders(): Promise<number[]> {
  const { rows } = await admin.query<{ pid: number }>(
    'select pid from pgq_gateway.gateway where gateway = $1 and not presumed_dead',
    [database.gatewayId],
  )
  return rows.map((row) => row.pid)
}

async function isAlive(): Promise<boolean> {
  const { rows } = await admin.query('select pgq_gateway._gateway_is_alive($1) as alive', [
    database.gatewayId,
  ])
  return rows[0].alive
}

test('shows that its gateway lives for as long as its session stands', async () => {
  expect(await isAlive()).toBe(false)
  const presence = await present()
  expect(presence.isPresent).toBe(true)
  expect(await isAlive()).toBe(true)
  expect(await holders()).toEqual(await backends())
  await presence.stop()
  expect(presence.isPresent).toBe(false)
  await until(async () => !(await isAlive()), 'its death')
})

test('replaces a session that was terminated, and says so once each time', async () => {
  const presence = await present()
  const log: string[] = []
  presence.on('present', () => log.push('present'))
  presence.on('absent', () => log.push('absent'))
  for (let round = 0; round < 3; round++) {
    const before = await backends()
    const again = event(presence, 'present')
    await admin.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [before])
    await again
    const after = await backends()
    expect(after).toHaveLength(1)
    expect(after).not.toEqual(before)
    expect(await holders()).toEqual(after)
  }
  expect(log).toEqual(Array.from({ length: 3 }, () => ['absent', 'present']).flat())
})

test('notices a silent connection in time, and ends what the server still has of it', async () => {
  await using proxy = await startTcpProxy(fixture.url)
  const presence = await present({}, { on: through(proxy.url) })
  const before = await holders()
  const lost = event(presence, 'absent')
  const stalledAt = performance.now()
  proxy.stall()
  expect(String((await lost)[0])).toMatch(/no answer within 300 ms/)
  // A sign, its answer, a goodbye that is not heard, and what it takes on a busy machine.
  expect(performance.now() - stalledAt).toBeLessThan(50 + 300 + 100 + 1_000)
  expect(presence.isPresent).toBe(false)
  // The server cannot know.
  expect(await holders()).toEqual(before)
  const again = event(presence, 'present')
  proxy.resume()
  await again
  await until(async () => (await backends()).length === 1, 'the end of the former session')
  expect(await holders()).toEqual(await backends())
  expect(await holders()).not.toEqual(before)
})

test('tries again after a reset, and for as long as nobody answers', async () => {
  const silent = net.createServer((socket) => socket.resume())
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as net.AddressInfo
  const nobody = through(`postgresql://nobody@127.0.0.1:${port}/nothing`)
  const hopeless = makePresence({ connectDeadlineMs: 50 }, { on: nobody })
  hopeless.start()
  for (let attempt = 0; attempt < 5; attempt++) {
    expect(String((await event(hopeless, 'absent'))[0])).toMatch(/no usable connection within 50 ms/)
  }
  await hopeless.stop()
  silent.close()
  await once(silent, 'close')

  await using proxy = await startTcpProxy(fixture.url)
  const presence = await present({}, { on: through(proxy.url) })
  const again = event(presence, 'present')
  proxy.reset()
  await again
  expect(await holders()).toHaveLength(1)
})

test('gives its session to whatever uses it, tells that of its end, and waits for it', async () => {
  const log: string[] = []
  const use: Use = async ({ session }, signal) => {
    const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
    log.push(`uses ${(await holders()).includes(rows[0]?.pid ?? 0) ? 'its session' : 'another'}`)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    await new Promise((resolve) => setTimeout(resolve, 50))
    log.push('is over')
  }
  const presence = await present({}, { use })
  presence.on('present', () => log.push('present'))
  presence.on('absent', () => log.push('absent'))
  await until(() => log.length === 1, 'its use')
  await admin.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [await backends()])
  await until(() => log.length === 5, 'its second use')
  await presence.stop()
  const whole = ['uses its session', 'is over', 'absent']
  expect(log).toEqual([...whole, 'present', ...whole])
})

test('makes another session when what uses it fails', async () => {
  let uses = 0
  const use: Use = async () => {
    if (++uses === 1) throw new Error('no use')
  }
  const presence = makePresence({}, { use })
  const lost = event(presence, 'absent')
  presence.start()
  expect(String((await lost)[0])).toMatch(/no use/)
  await event(presence, 'present')
  expect(await holders()).toHaveLength(1)
})

test('stops at once while it connects, and leaves no connection', async () => {
  const presence = makePresence()
  presence.start()
  await withDeadline(presence.stop(), 'stop', 500)
  await until(async () => (await backends()).length === 0, 'the end of its backend')
})

test('stops at once while it waits between attempts', async () => {
  const nobody = through('postgresql://nobody@127.0.0.1:1/nothing')
  const presence = makePresence({ maxBackoffMs: 60_000 }, { on: nobody })
  presence.start()
  // The delay doubles with each.
  for (let attempt = 0; attempt < 5; attempt++) await event(presence, 'absent')
  await withDeadline(presence.stop(), 'stop', 500)
})

test('stops in time when the server is silent', async () => {
  await using proxy = await startTcpProxy(fixture.url)
  const presence = await present({ signMs: 60_000 }, { on: through(proxy.url) })
  proxy.stall()
  await withDeadline(presence.stop(), 'stop', 1_000)
})

test('where sessions are shared it ends its life by a word, but waits for no silent server', async () => {
  await using proxy = await startTcpProxy(fixture.url)
  const shared = Object.assign(through(proxy.url), { pooling: 'shared' })
  const options = { signMs: 60_000, answerDeadlineMs: 60_000 }
  const first = await present(options, { on: shared })
  await first.stop()
  expect(await isAlive()).toBe(false)
  const next = await present(options, { on: shared })
  expect(await isAlive()).toBe(true)
  proxy.stall()
  await withDeadline(next.stop(), 'stop', 2_000)
  expect(await isAlive()).toBe(true)
})

test('stops twice, at once and later, and leaves no connection', async () => {
  const presence = await present()
  await Promise.all([presence.stop(), presence.stop()])
  await presence.stop()
  await until(async () => (await backends()).length === 0, 'the end of its backend')
})
