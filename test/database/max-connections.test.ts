import { expect, test } from 'vitest'
import { createGateway } from '../../src/gateway/gateway.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { testLogger } from '../support/logger.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

const COUNT = 12
/** Four for each database, and some to quarrel over. */
const MAX_CONNECTIONS = 4 * COUNT + 4
/** Statements that each database must get done before the test ends. */
const ROUNDS = 20

const writing = { name: 'write', role: 'writer', text: 'select pg_sleep(0.002)' } as const
const reading = { name: 'read', role: 'reader', text: 'select pg_sleep(0.002)' } as const
const managing = { name: 'manage', role: 'admin', text: 'select pg_sleep(0.002)' } as const
const listing = { name: 'list', role: 'reader', text: 'select pg_sleep(0.002)', kind: 'listing' } as const
const statements = [writing, reading, managing, listing]

async function createDatabases(): Promise<AsyncDisposable & { all: TestDatabase[] }> {
  const all: TestDatabase[] = []
  for (let n = 0; n < COUNT; n++) all.push(await createTestDatabase())
  return {
    all,
    async [Symbol.asyncDispose]() {
      for (const each of all) await each[Symbol.asyncDispose]()
    },
  }
}

test('busy databases share the connections, each gets on, and one that hangs keeps no other from it', {
  timeout: 120_000,
}, async () => {
  await using databases = await createDatabases()
  const [first] = databases.all
  if (!first) throw new Error('no database')
  await using proxy = await startTcpProxy(first.url)
  const gateway = createGateway({
    databases: databases.all.map(({ url }, n) => ({
      name: n === 0 ? 'hanging' : `shard_${n}`,
      connectionString: n === 0 ? proxy.url : url,
      required: true,
    })),
    maxConnections: MAX_CONNECTIONS,
    logger: testLogger(),
  })
  const observer = await first.connect()
  let largest = 0
  let isOver = false
  const observe = async () => {
    while (!isOver) {
      const { rows } = await observer.query<{ count: number }>(
        `select count(*)::int from pg_stat_activity
          where application_name like 'pgq-graphql/%' and datname = any ($1)`,
        [databases.all.map(({ url }) => new URL(url).pathname.slice(1))],
      )
      largest = Math.max(largest, rows[0]?.count ?? 0)
    }
  }
  const observing = observe()
  const loops: Promise<void>[] = []
  try {
    gateway.start()
    await until(() => gateway.health().isReady, 'readiness', { timeoutMs: 30_000 })
    const rounds = new Map<string, number>()
    for (const { name, database } of gateway.databases)
      for (let n = 0; n < 12; n++)
        loops.push(
          (async () => {
            for (let turn = n; !isOver; turn++) {
              const statement = statements[turn % statements.length] ?? reading
              // What waits at the end, or hangs, is refused.
              const isDone = await database.call(statement, [], { queue: `${n}` }).then(
                () => true,
                () => false,
              )
              if (isDone) rounds.set(name, (rounds.get(name) ?? 0) + 1)
            }
          })(),
        )
    const allGetOn = async (names: readonly string[]) => {
      const before = new Map(rounds)
      const missing = () => names.filter((name) => (rounds.get(name) ?? 0) < (before.get(name) ?? 0) + ROUNDS)
      await until(() => missing().length === 0, 'rounds of all', {
        timeoutMs: 40_000,
        describe: () => JSON.stringify([...rounds]),
      })
    }
    const names = [...gateway.databases].map(({ name }) => name)
    await allGetOn(names)
    proxy.stall()
    await allGetOn(names.filter((name) => name !== 'hanging'))
    proxy.resume()
    proxy.bury()
    await allGetOn(names)
    expect(largest).toBeGreaterThan(2 * COUNT)
    expect(largest).toBeLessThanOrEqual(MAX_CONNECTIONS)
  } finally {
    isOver = true
    proxy.cut()
    proxy.resume()
    await gateway.close()
    await Promise.all(loops)
    await observing
    await observer.end()
  }
})

test('a database for which there are not connections enough is not added', async () => {
  await using fixture = await createTestDatabase()
  const gateway = createGateway({
    databases: [{ name: 'main', connectionString: fixture.url }],
    maxConnections: 7,
  })
  try {
    expect(() => gateway.databases.add({ name: 'second', connectionString: fixture.url })).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT',
        message: expect.stringContaining('connections.maxTotal is 7'),
      }),
    )
    gateway.databases.maxConnections = 8
    gateway.databases.add({ name: 'second', connectionString: fixture.url })
  } finally {
    await gateway.close()
  }
})
