import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findPostmaster } from '../../src/embedded/postmaster.ts'
import { makeCertificates } from '../support/certificates.ts'
import type { Child } from '../support/child.ts'
import { runCli, startCli } from '../support/cli.ts'
import { startCluster } from '../support/cluster.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { requestData } from '../support/graphql.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const listening = /Listening on (http:\/\/[^\s"]+)/

async function serve(
  cwd: string,
  args: string[] = [],
  environment: Record<string, string> = {},
): Promise<Child> {
  return startCli(['serve', '--port', '0', ...args], { cwd, environment, detached: true })
}

/** Sends SIGINT to the whole process group, as a terminal does. */
function pressCtrlC(child: Child): void {
  process.kill(-child.pid, 'SIGINT')
}

async function isReady(baseUrl: string): Promise<boolean> {
  return (await fetch(new URL('/health/ready', baseUrl))).ok
}

describe('serve without a database', () => {
  test('starts the embedded server, becomes ready, and Ctrl-C ends all of it in order', async () => {
    await using directory = await temporaryDirectory()
    await using server = await serve(directory.path)
    const [, url = ''] = await server.printed(listening, 30_000)
    await server.printed(/Ready; the dashboard is/, 30_000)
    expect(await requestData(url, '{ queues { nodes { name } } }')).toEqual({ queues: { nodes: [] } })
    await until(() => isReady(url), 'readiness')
    expect(await runCli(['status'], { cwd: directory.path })).toMatchObject({ code: 0 })

    await using second = await serve(directory.path)
    expect(await second.ended()).toMatchObject({ code: 1 })
    expect(second.stderr()).toContain(`Failed: Process ${server.pid} already runs an embedded PostgreSQL in`)

    pressCtrlC(server)
    expect(await server.ended()).toEqual({ code: 0, signal: null })
    expect(server.stdout()).toBe('')
    const messages = server
      .stderr()
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(messages.slice(-2)).toEqual(['The embedded PostgreSQL has stopped', 'Stopped'])
    expect(messages.join()).not.toMatch(/unexpected/)
    expect(await findPostmaster(join(directory.path, '.pgq-graphql', 'postgres'))).toBeNull()
  })

  test('a second signal ends it at once, and the database still stops by itself', async () => {
    await using directory = await temporaryDirectory()
    await using server = await serve(directory.path)
    await server.printed(listening, 30_000)
    server.process.kill('SIGINT')
    server.process.kill('SIGTERM')
    // The kernel may deliver the two signals in either order.
    expect([130, 143]).toContain((await server.ended()).code)
    const cluster = join(directory.path, '.pgq-graphql', 'postgres')
    await until(async () => (await findPostmaster(cluster)) === null, 'the end of the database')
  })

  test('SIGTERM during the start ends in order', async () => {
    await using directory = await temporaryDirectory()
    await using server = await serve(directory.path)
    await server.printed(/Initialising/)
    server.process.kill('SIGTERM')
    expect(await server.ended()).toEqual({ code: 0, signal: null })
    expect(await findPostmaster(join(directory.path, '.pgq-graphql', 'postgres'))).toBeNull()
  })

  test('a port that is taken is named with the remedy, before a database is set up', async () => {
    await using directory = await temporaryDirectory()
    const squatter = createServer().listen(0, '127.0.0.1')
    await new Promise((done) => squatter.once('listening', done))
    const { port } = squatter.address() as AddressInfo
    await using server = await startCli(['serve', '--port', String(port)], { cwd: directory.path })
    expect(await server.ended()).toEqual({ code: 1, signal: null })
    expect(server.stderr()).toContain(
      `Failed: Port ${port} of 127.0.0.1 is in use. Give another one with --port`,
    )
    expect(server.stdout()).toBe('')
    expect(existsSync(join(directory.path, '.pgq-graphql'))).toBe(false)
    await new Promise((done) => squatter.close(done))
  })
})

describe('serve on the network', () => {
  test('listens with TLS below its base path, and says by which URL clients come', async () => {
    await using directory = await temporaryDirectory()
    await using fixture = await createTestDatabase()
    const { certificate, key } = (await makeCertificates(directory.path)).server
    await using server = await serve(
      directory.path,
      ['--tls-cert-file', certificate, '--tls-key-file', key, '--base-path', '/queues/'],
      { DATABASE_URL: fixture.url, PGQ_PUBLIC_URL: 'https://queues.example/queues' },
    )
    await server.printed(/Listening on https:\/\/127\.0\.0\.1:\d+\/queues\/graphql/)
    await server.printed(/GraphiQL is at https:\/\/queues\.example\/queues\/graphql/)
    server.process.kill('SIGTERM')
    expect(await server.ended()).toEqual({ code: 0, signal: null })
  })

  test('ends at once with a certificate that cannot be used, and names its file', async () => {
    await using directory = await temporaryDirectory()
    const { certificate, key } = (await makeCertificates(directory.path)).server
    const files = ['--tls-cert-file', certificate, '--tls-key-file', `${key}.missing`]
    await using server = await serve(directory.path, files, { DATABASE_URL: 'postgresql://localhost:1/none' })
    expect(await server.ended()).toEqual({ code: 2, signal: null })
    expect(server.stderr()).toContain(`tls.keyFile ${key}.missing: there is no such file`)
  })

  test('warns where everybody who reaches it may do everything', async () => {
    await using directory = await temporaryDirectory()
    await using fixture = await createTestDatabase()
    const open = ['--host', '0.0.0.0', '--allow-unauthenticated-remote']
    await using server = await serve(directory.path, open, { DATABASE_URL: fixture.url })
    await server.printed(/Whoever reaches 0\.0\.0\.0 may do everything/)
    await server.printed(/Clients connect to 0\.0\.0\.0 without TLS/)
    server.process.kill('SIGTERM')
    expect(await server.ended()).toEqual({ code: 0, signal: null })
  })
})

test('serve waits for a database that is down, live but not ready, and recovers when it comes and goes', async () => {
  await using directory = await temporaryDirectory()
  await using cluster = await startCluster(18, { synchronous_commit: 'on' })
  await cluster.stop()
  await using server = await serve(directory.path, [], { DATABASE_URL: cluster.url })
  const [, url = ''] = await server.printed(listening)
  await server.printed(/Database main is away: connect ECONNREFUSED/)
  expect((await fetch(new URL('/health/live', url))).status).toBe(200)
  expect(await isReady(url)).toBe(false)
  await cluster.start()
  await until(() => isReady(url), 'readiness', { timeoutMs: 20_000 })
  await cluster.stop('immediate')
  await until(async () => !(await isReady(url)), 'the loss of readiness', { timeoutMs: 20_000 })
  await cluster.start()
  await until(() => isReady(url), 'readiness after a restart', { timeoutMs: 20_000 })
  server.process.kill('SIGTERM')
  expect(await server.ended()).toEqual({ code: 0, signal: null })
})

test('ticker ticks the queues of a running embedded server until it is told to end', async () => {
  await using directory = await temporaryDirectory()
  await using server = await serve(directory.path, ['--no-ticker'])
  const [, url = ''] = await server.printed(listening, 30_000)
  await until(() => isReady(url), 'readiness')
  const { stdout } = await runCli(['status', '--json'], { cwd: directory.path })
  const [main] = JSON.parse(stdout).databases
  expect(main).toMatchObject({ name: 'main', error: null, problems: [], queues: [], consumers: [] })
  const body = JSON.stringify({ query: 'mutation { createQueue(input: {name: "q"}) { created } }' })
  const headers = { 'content-type': 'application/json' }
  const created = await fetch(new URL('/graphql', url), { method: 'POST', headers, body })
  expect(await created.json()).toEqual({ data: { createQueue: { created: true } } })

  const lastTick = async () => {
    const status = await runCli(['status', '--json'], { cwd: directory.path })
    return Number(JSON.parse(status.stdout).databases[0].queues[0].lastTickId)
  }
  const before = await lastTick()
  await using ticker = await startCli(['ticker'], { cwd: directory.path })
  const publish = JSON.stringify({
    query: 'mutation { insertEvent(input: {queue: "q", data: "x"}) { eventId } }',
  })
  const published = await fetch(new URL('/graphql', url), { method: 'POST', headers, body: publish })
  expect(await published.json()).toEqual({ data: { insertEvent: { eventId: expect.any(String) } } })
  await until(async () => (await lastTick()) > before, 'a tick', { timeoutMs: 20_000 })
  ticker.process.kill('SIGINT')
  expect(await ticker.ended()).toEqual({ code: 0, signal: null })
  server.process.kill('SIGINT')
  expect(await server.ended()).toEqual({ code: 0, signal: null })
})
