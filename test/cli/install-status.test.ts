import { readdir } from 'node:fs/promises'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { startEmbeddedServer } from '../../src/embedded/embedded-server.ts'
import { runCli } from '../support/cli.ts'
import { startCluster } from '../support/cluster.ts'
import { availableEngines, createTestDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('install lists what it did, and says that nothing is to be done the second time', async () => {
  await using cluster = await startCluster()
  const environment = { DATABASE_URL: cluster.url }
  const first = await runCli(['install', '--engine', 'sql'], { environment })
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).not.toContain('Nothing to do.')
  expect(first.stdout).toMatch(
    /\nPgQ 3\.\S+ \(this project’s SQL\), pgq_coop 3\.\S+, PostgreSQL 18\.\d+.*\.\n$/,
  )
  const second = await runCli(['install'], { environment })
  expect(second).toMatchObject({ code: 0, stderr: '' })
  expect(second.stdout).toMatch(/^Nothing to do\.\nPgQ 3\./)
})

test('install --dry-run prints the lines that install would, and changes nothing', async () => {
  await using cluster = await startCluster()
  const environment = { DATABASE_URL: cluster.url }
  const plan = await runCli(['install', '--engine', 'sql', '--dry-run'], { environment })
  expect(plan).toMatchObject({ code: 0, stderr: '' })
  const [heading, ...lines] = plan.stdout.trimEnd().split('\n')
  expect(heading).toBe('Nothing was changed. An installation would have:')
  expect(lines).toContain('  created the role pgq_admin')
  expect(await runCli(['status'], { environment })).toMatchObject({ code: 1 })
  const done = await runCli(['install', '--engine', 'sql'], { environment })
  expect(done.stdout.split('\n').slice(0, -2)).toEqual(lines.map((line) => line.slice(2)))
  const nothing = await runCli(['install', '--dry-run'], { environment })
  expect(nothing).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing to do\.\nPgQ 3\./) })
})

test('install --dry-run starts no embedded server', async () => {
  await using directory = await temporaryDirectory()
  const end = await runCli(['install', '--dry-run'], { cwd: directory.path })
  expect(end).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--dry-run starts none') })
  expect(await readdir(directory.path)).toEqual([])
})

test('install without a database starts the embedded server for it and stops it', async () => {
  await using directory = await temporaryDirectory()
  const first = await runCli(['install'], { cwd: directory.path })
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('PgQ 3.') })
  expect(first.stderr).toContain('The embedded PostgreSQL has stopped')
  expect(await runCli(['status'], { cwd: directory.path })).toMatchObject({ code: 1 })

  const dataDirectory = `${directory.path}/.pgq-graphql`
  const server = await startEmbeddedServer({ dataDirectory, logger: pino({ level: 'silent' }) })
  try {
    const second = await runCli(['install'], { cwd: directory.path })
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing to do\./), stderr: '' })
    expect(await runCli(['status'], { cwd: directory.path })).toMatchObject({
      code: 0,
      stdout: 'No queues.\n',
    })
  } finally {
    await server.stop()
  }
})

test('install refuses an engine that the server does not offer, and changes nothing', async () => {
  await using cluster = await startCluster()
  const environment = { DATABASE_URL: cluster.url }
  const refused = await runCli(['install', '--engine', 'extension'], { environment })
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toMatch(/^Failed: Nothing was installed: .*does not offer the extension pgq/)
  expect(await runCli(['status'], { environment })).toMatchObject({
    code: 1,
    stderr: 'Failed: This database has no PgQ. Put it in place with "pgq-graphql install".\n',
  })
})

test.each(availableEngines)(
  'status prints the queues and consumers of %s as tables and as JSON',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    await client.query(`select pgq.create_queue('orders'), pgq.create_queue('idle')`)
    await client.query(`select pgq.register_consumer('orders', 'billing')`)
    await client.query(`select pgq.insert_event('orders', 'new', n::text) from generate_series(1, 3) n`)
    await client.query(`select pgq.set_queue_config('idle', 'ticker_paused', 'true')`)
    await client.end()
    const environment = { DATABASE_URL: database.url }

    const tables = await runCli(['status'], { environment })
    expect(tables).toMatchObject({ code: 0, stderr: '' })
    const lines = tables.stdout.split('\n')
    expect(lines[0]).toMatch(/^Queue {3}Consumers {2}Last tick/)
    expect(lines.find((line) => line.startsWith('idle'))).toMatch(/paused$/)
    expect(lines.find((line) => line.startsWith('orders'))).toMatch(/^orders +1 +1 .* \d {2}3 × 2 h +on$/)
    expect(lines.filter((line) => /^orders +billing +\d\.\d\d s/.test(line))).toHaveLength(1)

    const json = JSON.parse((await runCli(['status', '--json'], { environment })).stdout)
    expect(json).toEqual({
      queues: [
        expect.objectContaining({ name: 'idle', tickerPaused: true, consumers: 0 }),
        expect.objectContaining({
          name: 'orders',
          lastTickId: '1',
          newEvents: expect.stringMatching(/^\d$/),
          rotationPeriodSeconds: 7_200,
        }),
      ],
      consumers: [
        {
          queue: 'orders',
          name: 'billing',
          lagSeconds: expect.any(Number),
          lastSeenSeconds: expect.any(Number),
          pendingEvents: '0',
          currentBatchId: null,
        },
      ],
    })
  },
)
