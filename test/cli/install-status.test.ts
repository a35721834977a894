import { readdir } from 'node:fs/promises'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { startEmbeddedServer } from '../../src/embedded/embedded-server.ts'
import { readRevision } from '../../src/install/revision.ts'
import { runCli } from '../support/cli.ts'
import { startCluster } from '../support/cluster.ts'
import { createTestDatabase, eachEngine } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { hasPeers } from '../support/pgqd.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const revision = await readRevision()

/** What an installation logs: where it happens. */
const oneLine = expect.stringMatching(/^\{[^\n]*Connecting to database [^\n]*\}\n$/)

test('install lists what it did, and says that nothing is to be done the second time', async () => {
  await using cluster = await startCluster()
  const environment = { DATABASE_URL: cluster.url }
  const first = await runCli(['install', '--engine', 'sql'], { environment })
  expect(first).toMatchObject({ code: 0, stderr: oneLine })
  expect(first.stdout).not.toContain('Nothing to do.')
  expect(first.stdout).toMatch(
    /\nPgQ 3\.\S+ \(this project’s SQL\), pgq_coop 3\.\S+, PostgreSQL 18\.\d+.*, schema revision \d+\.\n$/,
  )
  const second = await runCli(['install'], { environment })
  expect(second).toMatchObject({ code: 0, stderr: oneLine })
  expect(second.stdout).toMatch(/^Nothing to do\.\nPgQ 3\./)
})

test('install --dry-run prints the lines that install would, and changes nothing', async () => {
  await using cluster = await startCluster()
  const environment = { DATABASE_URL: cluster.url }
  const plan = await runCli(['install', '--engine', 'sql', '--dry-run'], { environment })
  expect(plan).toMatchObject({ code: 0, stderr: oneLine })
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
    expect(second).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Nothing to do\./),
      stderr: oneLine,
    })
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
  expect(refused.stderr).toMatch(/\nFailed: Nothing was installed: .*does not offer the extension pgq/)
  expect(await runCli(['status'], { environment })).toMatchObject({
    code: 1,
    stderr: 'Failed: This database has no PgQ. Put it in place with "pgq-graphql install".\n',
  })
})

describe.each(eachEngine)('status on %s', (engine) => {
  const statusOf = async ({ url }: { url: string }) => {
    const environment = { DATABASE_URL: url }
    const text = await runCli(['status'], { environment })
    expect(text).toMatchObject({ code: 0, stderr: '' })
    const json = await runCli(['status', '--json'], { environment })
    return { lines: text.stdout.split('\n'), json: JSON.parse(json.stdout).databases[0] }
  }

  test('prints queues and consumers as tables and as JSON', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    await client.query(`select pgq.create_queue('orders'), pgq.create_queue('idle')`)
    await client.query(`select pgq.register_consumer('orders', 'billing')`)
    await client.query(`select pgq.insert_event('orders', 'new', n::text) from generate_series(1, 3) n`)
    await client.query(`select pgq.set_queue_config('idle', 'ticker_paused', 'true')`)
    // No tick is overdue yet.
    await client.query(`select pgq.set_queue_config('orders', 'ticker_max_lag', '1 h')`)
    await client.end()
    const { lines, json } = await statusOf(database)
    expect(lines.find((line) => line.startsWith('Queue '))).toMatch(/^Queue {3}Consumers {2}Last tick/)
    expect(lines.find((line) => line.startsWith('idle'))).toMatch(/paused$/)
    expect(lines.find((line) => line.startsWith('orders'))).toMatch(
      /^orders +1 +1 .* 3 +0 +0 {2}3 × 2 h +– +nobody$/,
    )
    expect(
      lines.filter((line) => /^orders +billing +no +\d\.\d\d s behind +0 +– +– +\d\.\d\d s$/.test(line)),
    ).toHaveLength(1)
    expect(lines.join('\n')).not.toContain('\u001b')
    expect(json).toEqual({
      name: 'main',
      error: null,
      problems: [
        expect.stringMatching(/^Nobody ticks, so no event is delivered\. Start "pgq-graphql serve"/),
      ],
      ticking: expect.objectContaining({ leaderPid: null, programPid: null, queueCount: 1 }),
      queues: [
        expect.objectContaining({ name: 'idle', tickerPaused: true, consumers: 0 }),
        expect.objectContaining({
          name: 'orders',
          lastTickId: '1',
          newEvents: '3',
          rotationPeriodSeconds: 7_200,
          currentEventsPerSecond: expect.any(Number),
          retryCount: '0',
          deadLetterCount: '0',
          rotationBlockedBy: null,
        }),
      ],
      schemas: { installed: revision, ofThisBuild: revision },
      consumers: [
        {
          queue: 'orders',
          name: 'billing',
          lagSeconds: expect.any(Number),
          lastSeenSeconds: expect.any(Number),
          pendingEvents: '0',
          currentBatchId: null,
          connected: false,
          oldestPendingSeconds: expect.any(Number),
          openBatchSeconds: null,
        },
      ],
      movers: [],
    })
  })

  test('shows the movers into the database, and why a source of one is stopped', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    await client.query(`select pgq.create_queue('orders')`)
    await client.query(`insert into pgq_gateway.mover_source (mover, source, identity, events_moved, stopped_because)
      values ('m', 'shard_1/orders', '1', 7, null), ('m', 'shard_2/orders', '2', 8, 'It was made anew')`)
    await client.query(`select pgq_gateway.pause_mover('later', true)`)
    await client.end()
    const { lines, json } = await statusOf(database)
    expect(lines.filter((line) => /^(m|later) /.test(line))).toEqual([
      expect.stringMatching(/^later +– +– +– +paused$/),
      expect.stringMatching(/^m +shard_1\/orders +7 +– +moving$/),
      expect.stringMatching(/^m +shard_2\/orders +8 +– +stopped$/),
    ])
    expect(json.problems).toContain(
      'Mover m has stopped at shard_2/orders: It was made anew. resetMover lets it go on.',
    )
    expect(json.movers).toHaveLength(3)
  })

  test('says what is wrong first, and who ticks', async () => {
    await using database = await createTestDatabase(engine)
    const client = await database.connect()
    await client.query(`select pgq.create_queue('orders')`)
    await client.query(`select pgq.register_consumer('orders', 'billing')`)
    await client.query(`select pgq.insert_event('orders', 'new', n::text) from generate_series(1, 3) n`)
    await client.query(`select pgq.force_tick('orders')`)
    await client.query(`select pgq.ticker('orders')`)
    await client.query(`select pgq_gateway.fail_events(batch_id, lease_token, array[1], array['no such customer'])
      from pgq_gateway.next_batch('orders', 'billing', null, null, null, null, null)`)
    await client.query(`update pgq.tick set tick_time = tick_time - interval '10 min'`)
    await client.query(`update pgq_gateway.lease set opened_at = opened_at - interval '5 min'`)
    await client.query(`update pgq.queue set queue_switch_time = queue_switch_time - interval '3 h'`)
    const away = await statusOf(database)
    expect(away.lines.slice(0, 7)).toEqual([
      'What is wrong:',
      '- Nobody ticks, so no event is delivered. Start "pgq-graphql serve", "pgq-graphql ticker" or pgqd.',
      expect.stringMatching(/^- Queue orders: a tick is overdue for (9|10) min/),
      '- Queue orders: billing keeps the tables from rotating, so they grow.',
      expect.stringMatching(
        /^- Consumer billing of orders: the oldest event waits for 10 min.*, its batch is open for 5 min.*, no stream has it\.$/,
      ),
      '- Queue orders: 1 dead letter.',
      '',
    ])
    expect(away.lines[7]).toMatch(/^Ticks are made by: nobody/)
    expect(away.lines.find((line) => line.startsWith('orders'))).toMatch(
      / 1 {2}3 × 2 h +billing +overdue (9|10) min/,
    )

    const leader = await database.open({ ticker: true })
    await until(() => leader.ticker?.status.lastTickAt != null, 'a tick')
    const there = await statusOf(database)
    await leader.close()
    await client.end()
    expect(there.lines.find((line) => line.startsWith('Ticks are made by'))).toMatch(
      new RegExp(
        `^Ticks are made by: a gateway \\(pgq-graphql/gateway ${leader.database.gatewayId}, backend \\d+, from 127.0.0.1\\)$`,
      ),
    )
    expect(there.json.problems.join()).not.toMatch(/[Nn]obody|overdue/)
  })
})

test('status and install of an older build say which revision there is, and what to do', async () => {
  await using database = await createTestDatabase()
  const environment = { DATABASE_URL: database.url }
  const client = await database.connect()
  await client.query(`select pgq.create_queue('orders')`)
  const next = revision.number + 1
  const schemasWhere = async (number: number, compatibleFrom: number) => {
    await client.query(
      `update pgq_gateway.schema_revision set number = ${number}, compatible_from = ${compatibleFrom}, version = '99.0.0'`,
    )
    return (await runCli(['status'], { environment })).stdout
  }
  expect(await schemasWhere(revision.number - 1, 0)).toContain(
    `\nSchemas: revision ${revision.number - 1}, of version 99.0.0; builds from revision 0 on work with it. ` +
      `This build, of version ${revision.version}, has ${revision.number}. "pgq-graphql install" raises it.\n`,
  )
  const compatible = await schemasWhere(next, revision.number)
  expect(compatible).toContain(
    `\nSchemas: revision ${next}, of version 99.0.0; builds from revision ${revision.number} on`,
  )
  expect(compatible).not.toContain('Use version')
  expect(await runCli(['install', '--dry-run'], { environment })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(new RegExp(`^Nothing to do\\.\n.*, schema revision ${next}\\.\n$`)),
    stderr: expect.stringContaining('works with it, and leaves it as it is'),
  })
  expect(await schemasWhere(next, next)).toMatch(
    /^What is wrong:\n- The database has schema revision .* Use version 99\.0\.0/,
  )
  expect(await runCli(['install'], { environment })).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /\nFailed: Nothing was installed: The database has schema revision .* Use version 99\.0\.0/,
    ),
  })
  await client.end()
})

test.runIf(hasPeers)(
  'status works where only PgQ is installed, and says that it does not know who ticks',
  async () => {
    await using database = await createTestDatabase('extension-15')
    const client = await database.connect()
    await client.query(`select pgq.create_queue('orders'), pgq.register_consumer('orders', 'billing')`)
    await client.query('drop schema pgq_gateway cascade')
    await client.end()
    const { code, stdout } = await runCli(['status'], { environment: { DATABASE_URL: database.url } })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Ticks are made by: unknown; "pgq-graphql install" puts in place what tells\n/)
    expect(stdout).toMatch(/\norders +1 +1 .* 3 × 2 h +– +–\n/)
    expect(stdout).toMatch(/\norders +billing +– +– +0 +– +–/)
  },
)
