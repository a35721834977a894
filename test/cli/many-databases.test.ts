import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCli, startCli } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const nowhere = 'postgresql://u:geheim@127.0.0.1:1/d'

test('install, status and ticker work on all databases, or on those that are named', async () => {
  await using one = await createTestDatabase()
  await using two = await createTestDatabase()
  await using directory = await temporaryDirectory()
  const config = join(directory.path, 'gateway.json')
  const databases = {
    main: { url: one.url },
    shard_1: { url: two.url, ticker: false },
    shard_2: { url: nowhere },
  }
  await writeFile(config, JSON.stringify({ databases }))
  const run = (...args: string[]) => runCli([...args, '--config', config])

  const installed = await run('install')
  expect(installed.code).toBe(1)
  expect(installed.stdout).toMatch(/^main: Nothing to do\.$/m)
  expect(installed.stdout).toMatch(/^shard_1: PgQ 3\..*schema revision \d+\.$/m)
  expect(installed.stderr).toMatch(/Failed: 1 of 3 databases:\n {2}shard_2: Cannot connect to database "d"/)
  expect(installed.stdout + installed.stderr).not.toContain('geheim')

  const client = await two.connect()
  await client.query(`select pgq.create_queue('orders'), pgq.register_consumer('orders', 'c')`)
  await client.end()
  await using ticker = await startCli(['ticker', '--config', config, '--only', 'shard_*', '--only', 'main'])
  const lastTick = async () => {
    const { code, stdout } = await run('status', '--json', '--only', 'shard_1')
    expect(code).toBe(0)
    const [shard] = JSON.parse(stdout).databases
    return { ticker: shard.ticking.leaderPid, queue: shard.queues[0].name }
  }
  await until(async () => (await lastTick()).ticker !== null, 'a ticker', { timeoutMs: 20_000 })

  const status = await run('status')
  expect(status.code).toBe(1)
  const lines = status.stdout.split('\n')
  expect(lines[0]).toMatch(/^Database +Queues +Consumers +Problems +State$/)
  expect(lines.slice(2, 5)).toEqual([
    expect.stringMatching(/^main +0 +0 +0 +read$/),
    expect.stringMatching(/^shard_1 +1 +1 +0 +read$/),
    expect.stringMatching(/^shard_2 +– +– +– +Cannot connect to .*ECONNREFUSED/),
  ])
  expect(status.stdout).toMatch(/\n\nDatabase shard_1\n\nTicks are made by: a gateway/)
  expect(status.stderr).toMatch(/Failed: 1 of 3 databases:\n {2}shard_2: /)
  expect(status.stdout + status.stderr).not.toContain('geheim')
  ticker.process.kill('SIGTERM')
  expect(await ticker.ended()).toEqual({ code: 0, signal: null })
})

test('a name of no database is wrong use, and uninstall wants the name of one', async () => {
  const databases = ['--database', `a=${nowhere}1`, '--database', `b=${nowhere}2`]
  expect(await runCli(['status', ...databases, '--only', 'c*'])).toMatchObject({
    code: 2,
    stderr: '--only "c*": no database has such a name; there are a, b.\n',
  })
  expect(await runCli(['uninstall', ...databases])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('add --only with its name'),
  })
  const { stderr } = await runCli(['uninstall', ...databases, '--only', 'b'])
  expect(stderr).toContain('Cannot connect to database "d2"')
})

test('serve is ready without a database that is not required, and tells of it and how many have started', async () => {
  await using fixture = await createTestDatabase()
  const databases = ['--database-url', fixture.url, '--database', `far=${nowhere}`]
  await using server = await startCli(['serve', '--port', '0', ...databases])
  const [, url = ''] = await server.printed(/Listening on (http:\/\/[^\s"\\]+)/, 30_000)
  await server.printed(/Ready; the dashboard is/)
  await server.printed(/1 of 2 databases have started/)
  const ready = () => fetch(new URL('/health/ready', url))
  await until(async () => (await ready()).ok, 'readiness')
  expect(await (await ready()).json()).toMatchObject({
    status: 'ready',
    databases: [
      { name: 'main', required: true, reasons: [] },
      { name: 'far', required: false, reasons: [expect.stringContaining('cannot be reached')] },
    ],
  })
  server.process.kill('SIGTERM')
  expect(await server.ended()).toEqual({ code: 0, signal: null })
})
