import { expect, test } from 'vitest'
import { findEmbeddedServer } from '../../src/embedded/embedded-server.ts'
import { runCli, startCli } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Variables for another server, each of which would keep a client from this one. */
const foreign = {
  ...{ PGHOST: '/nowhere', PGPORT: 'x', PGUSER: 'nobody', PGPASSWORD: 'wrong', PGDATABASE: 'none' },
  ...{ PGSSLMODE: 'verify-full', PGSSLROOTCERT: '/nowhere/root.crt', PGSSLCERT: '/nowhere/cert' },
  ...{ PGSSLKEY: '/nowhere/key', PGSSLNEGOTIATION: 'direct', PGCHANNELBINDING: 'require' },
  ...{ PGOPTIONS: '-c nonsense=1 -c role=nobody', PGCONNECT_TIMEOUT: 'x', PGTARGETSESSIONATTRS: 'standby' },
  ...{ PGSERVICE: 'none', PGAPPNAME: 'x', PGCLIENTENCODING: 'LATIN1', PGDATA: '/nowhere', PGTZ: 'x' },
  ...{ PGDATESTYLE: 'x', PGPASSFILE: '/nowhere', PGREPLICATION: 'database', PGBINARY: '1' },
  NODE_PG_FORCE_NATIVE: '1',
}

test('no variable of libpq or the driver is obeyed for the embedded server, and each line of the log is JSON', async () => {
  await using directory = await temporaryDirectory()
  const options = { cwd: directory.path, environment: foreign }
  await using server = await startCli(['serve', '--port', '0'], options)
  const [, url = ''] = await server.printed(/Listening on (http:\/\/[^\s"]+)/, 30_000)
  const ready = new URL('/health/ready', url)
  await until(async () => (await fetch(ready)).ok, 'readiness', {
    timeoutMs: 20_000,
    describe: server.stderr,
  })
  expect(await runCli(['status'], options)).toMatchObject({ code: 0, stdout: 'No queues.\n', stderr: '' })
  for (const line of server.stderr().trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ level: 30 })

  const withoutPassword = new URL((await findEmbeddedServer(`${directory.path}/.pgq-graphql`)) ?? '')
  withoutPassword.password = ''
  const status = await runCli(['status', '--database-url', withoutPassword.href], { cwd: directory.path })
  expect(status).toMatchObject({ code: 1, stderr: expect.stringMatching(/none is given: .*PGPASSWORD/) })
})

test('what a URL leaves out comes from the variables of libpq', async () => {
  await using fixture = await createTestDatabase()
  const { hostname, port, username } = new URL(fixture.url)
  const environment = { PGHOST: hostname, PGPORT: port, PGUSER: username, PGDATABASE: fixture.name }
  const end = await runCli(['status', '--database-url', 'postgresql://'], { environment })
  expect(end).toMatchObject({ code: 0, stdout: 'No queues.\n' })
})

test('the database is named by host and name, without its password, before anything is installed', async () => {
  await using fixture = await createTestDatabase()
  const admin = await fixture.connect()
  await admin.query('drop schema pgq, pgq_coop, pgq_ext, pgq_gateway cascade')
  await admin.end()
  const url = new URL(fixture.url)
  url.password = 'geheim'
  const name = `database \\"${fixture.name}\\" on ${url.host} as user \\"postgres\\"`
  const environment = { DATABASE_URL: url.href }

  const plan = await runCli(['install', '--engine', 'sql', '--dry-run'], { environment })
  expect(plan.stderr).toContain(`Connecting to ${name}`)
  await using server = await startCli(['serve', '--port', '0', '--engine', 'sql'], { environment })
  await server.printed(/installed schema pgq /)
  expect(server.stderr().indexOf(`Database main is ${name}`)).toBeGreaterThan(-1)
  expect(server.stderr().indexOf(name)).toBeLessThan(server.stderr().indexOf('installed schema pgq'))
  expect(plan.stderr + server.stderr()).not.toContain('geheim')
  server.process.kill('SIGTERM')
  await server.ended()
})

test('a database is found by a name that has percent signs and slashes', async () => {
  await using fixture = await createTestDatabase()
  const admin = await fixture.connect()
  try {
    await admin.query('create database "50%/day"')
    const url = new URL(fixture.url)
    url.pathname = `/${encodeURIComponent('50%/day')}`
    const end = await runCli(['status'], { environment: { DATABASE_URL: url.href } })
    expect(end.stderr).toContain('This database has no PgQ.')
  } finally {
    await admin.query('drop database if exists "50%/day"')
    await admin.end()
  }
})
