import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTraffic } from '../faults/traffic.ts'
import type { Child } from '../support/child.ts'
import { runCli, startCli } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { requestData, subscribe } from '../support/graphql.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A gateway in its own process, with the file that configures it. */
interface Configured extends AsyncDisposable {
  readonly url: string
  readonly server: Child
  write(databases: Record<string, object>, rest?: object): Promise<void>
  /** Names and reasons of its databases, from its health. */
  health(): Promise<Record<string, string[]>>
}

async function startConfigured(databases: Record<string, object>): Promise<Configured> {
  const directory = await temporaryDirectory()
  const file = join(directory.path, 'gateway.json')
  const write = (databases: Record<string, object>, rest = {}) =>
    writeFile(file, JSON.stringify({ databases, ...rest }))
  await write(databases)
  const server = await startCli(['serve', '--port', '0', '--config', file])
  const [, url = ''] = await server.printed(/Listening on (http:\/\/[^\s"\\]+)/, 30_000)
  const health = async () => {
    const answer = await (await fetch(new URL('/health/ready', url))).json()
    return Object.fromEntries(
      (answer as { databases: { name: string; reasons: string[] }[] }).databases.map(({ name, reasons }) => [
        name,
        reasons,
      ]),
    )
  }
  return {
    url,
    server,
    write,
    health,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}

const mover = { from: { databases: 'b*', queue: 'q' }, to: { database: 'main', queue: 'q' } }
const nowhere = { url: 'postgresql://u:geheim@127.0.0.1:1/d' }

test('SIGHUP adds, changes and removes databases, and what is not changed goes on', async () => {
  await using main = await createTestDatabase()
  await using shard = await createTestDatabase()
  await using gateway = await startConfigured({ main: { url: main.url }, far: nowhere })
  const { url, server } = gateway
  await until(async () => (await gateway.health()).main?.length === 0, 'readiness', { timeoutMs: 20_000 })
  const pids = async () => {
    const client = await main.connect()
    const { rows } = await client.query(
      `select pid from pg_stat_activity where application_name like 'pgq-graphql/%' and datname = current_database()
         and application_name ~ 'listen|gateway' order by pid`,
    )
    await client.end()
    return rows
  }
  await using traffic = await startTraffic({ urls: () => [url], databaseUrl: main.url })
  const before = await pids()
  expect(before.length).toBeGreaterThan(0)
  const received: string[] = []
  const reload = async (databases: Record<string, object>, outcome: RegExp) => {
    const seen = server.stderr().length
    await gateway.write(databases)
    server.process.kill('SIGHUP')
    await until(() => outcome.test(server.stderr().slice(seen)), `the reload ${outcome}`, {
      describe: server.stderr,
    })
  }
  const admin = await shard.connect()
  await using _admin = { [Symbol.asyncDispose]: () => admin.end() }
  await admin.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
  await admin.query(`select pgq.set_queue_config('q', 'ticker_max_lag', '50 ms')`)
  /** Consumes a batch and settles it, then leaves the next open when the database goes. */
  const consumeUntilRemoved = async () => {
    await using stream = subscribe(
      'SSE',
      url,
      'subscription { batches(input: { database: "shard", queue: "q", consumer: "c" }) { batchId leaseToken events { data } } }',
    )
    for (;;) {
      const { data, errors } = await stream.next(20_000)
      if (errors) return errors[0]?.extensions.code
      const { batchId, leaseToken, events } = data?.batches ?? {}
      const { finishBatch } = await requestData(
        url,
        'mutation ($id: BigInt!, $token: String!) { finishBatch(input: { database: "shard", batchId: $id, leaseToken: $token }) { finished } }',
        { id: batchId, token: leaseToken },
      )
      if (finishBatch.finished) received.push(...events.map(({ data }: { data: string }) => data))
    }
  }
  const publish = async (count: number, from: number) => {
    await admin.query(`select pgq.insert_event('q', 't', n::text) from generate_series($1::int, $2::int) n`, [
      from,
      from + count - 1,
    ])
  }
  const settled = (count: number) =>
    until(() => received.length >= count, `${count} events`, { timeoutMs: 20_000 })

  await reload(
    { main: { url: main.url }, far: nowhere, shard: { url: shard.url } },
    /1 databases added, 0 changed, 0/,
  )
  await until(async () => (await gateway.health()).shard?.length === 0, 'readiness of the shard')
  await publish(5, 1)
  let consuming = consumeUntilRemoved()
  await settled(5)
  await reload(
    { main: { url: main.url }, far: nowhere, shard: { url: shard.url, required: true } },
    /0 databases added, 1 changed, 0/,
  )
  expect(await consuming).toBe('NOT_FOUND')
  await publish(5, 6)
  consuming = consumeUntilRemoved()
  await settled(10)
  await reload({ main: { url: main.url } }, /0 databases added, 0 changed, 2 removed/)
  expect(await consuming).toBe('NOT_FOUND')
  expect(Object.keys(await gateway.health())).toEqual(['main'])
  await publish(5, 11)
  await reload({ main: { url: main.url }, shard: { url: shard.url } }, /1 databases added/)
  consuming = consumeUntilRemoved()
  await settled(15)
  expect(received).toEqual(Array.from({ length: 15 }, (_, index) => String(index + 1)))

  await traffic.flows()
  await traffic.finish()
  // Not even one connection of the database that was not changed is another one.
  expect(await pids()).toEqual(before)
  await reload({ main: { url: main.url } }, /0 databases added, 0 changed, 1 removed/)
  expect(await consuming).toBe('NOT_FOUND')
  server.process.kill('SIGTERM')
  expect(await server.ended()).toEqual({ code: 0, signal: null })
  expect(server.stderr()).not.toContain('geheim')
})

test('reload shows what changed, which settings wait, and why a file with a mistake changes nothing', async () => {
  await using main = await createTestDatabase()
  await using gateway = await startConfigured({ main: { url: main.url }, a: nowhere })
  const reload = () => runCli(['reload', '--url', new URL('/graphql', gateway.url).href])
  const stdout = 'No database and no mover has changed.\n'
  expect(await reload()).toEqual({ code: 0, signal: null, stdout, stderr: '' })

  await gateway.write(
    { main: { url: main.url }, a: { ...nowhere, engine: 'sql' }, 'b{1..2}': { url: `${nowhere.url}{1..2}` } },
    { port: 4_100, introspection: false, movers: { m: mover } },
  )
  expect(await reload()).toMatchObject({
    code: 0,
    stdout:
      'added b1\nadded b2\nchanged a\nadded mover m\nOnly a restart changes these settings: introspection\n',
  })
  expect(Object.keys(await gateway.health()).sort()).toEqual(['a', 'b1', 'b2', 'main'])
  expect(await requestData(gateway.url, '{ movers { name } }')).toEqual({ movers: [{ name: 'm' }] })
  expect(gateway.server.stderr()).toContain('Movers have changed: added m')

  await gateway.write({ main: { url: main.url }, a: { url: 'postgresql://u:geheim@h/d?x=y' } })
  const refused = await reload()
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toMatch(
    /has a mistake, so nothing changes: .*key "databases\.a\.url": has an unknown parameter/,
  )
  await gateway.write({})
  expect((await reload()).stderr).toContain('to or from the embedded server it takes a restart')
  expect(Object.keys(await gateway.health()).sort()).toEqual(['a', 'b1', 'b2', 'main'])
  expect(refused.stderr + gateway.server.stderr()).not.toContain('geheim')
})

test('reload says when no server answers', async () => {
  expect(await runCli(['reload', '--url', 'http://127.0.0.1:3/graphql'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^Failed: http:\/\/127\.0\.0\.1:3\/graphql does not answer: .*ECONNREFUSED/,
    ),
  })
})
