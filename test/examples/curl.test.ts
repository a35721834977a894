import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { codeBlocks } from '../docs/code-blocks.ts'
import { startChild } from '../support/child.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startGateway } from '../support/gateway.ts'
import { type Data, requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const script = join(root, 'examples/curl/consume.sh')

test('the commands of the README make a queue with a consumer, and consume it', async () => {
  await using server = await startTestServer()
  const [block] = await codeBlocks('examples/curl/README.md')
  const commands = block?.code.slice(block.code.indexOf('curl')).replace('-a billing.log', '') ?? ''
  await using child = startChild(
    'bash',
    ['-euc', commands.replace('localhost:4000', new URL(server.url).host)],
    {
      cwd: root,
      env: { PATH: process.env.PATH, PGQ_URL: server.url },
      detached: true,
    },
  )
  await using _group = { [Symbol.asyncDispose]: async () => void process.kill(-child.pid, 'SIGKILL') }
  await child.printed(/"createQueue":\{"created":true\},"registerConsumer":\{"registered":true\}/)
  await requestData(
    server.url,
    'mutation { insertEvent(input: { queue: "orders", type: "created" }) { eventId } }',
  )
  await child.printed(/"type":"created"/)
})

const setUp = `mutation { createQueue(input: { name: "q" }) { created }
  registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }`

const startConsumer = (url: string, command: string[]) =>
  startChild(script, ['q', 'c', ...command], {
    env: { PATH: process.env.PATH, PGQ_URL: url },
    detached: true,
  })

const publish = (url: string, types: string[]) =>
  requestData(
    url,
    'mutation ($events: [EventInput!]!) { insertEvents(input: { queue: "q", events: $events }) { eventIds } }',
    { events: types.map((type) => ({ type, data: `{"text": "quoted \\"${type}\\", and 'so'"}` })) },
  )

test('a consumer made of curl settles each batch, also one that the server died under, and drops one that was taken over', {
  timeout: 60_000,
}, async () => {
  await using fixture = await createTestDatabase()
  await using directory = await temporaryDirectory()
  const port = await freePort()
  await using gateway = await startGateway(fixture.url, { args: ['--port', String(port)] })
  const url = gateway.url ?? ''
  await requestData(url, setUp)
  // The worker keeps a batch for as long as the file `hold` exists.
  const [log, hold] = [join(directory.path, 'log'), join(directory.path, 'hold')]
  await writeFile(log, '')
  const work = 'cat >> "$0"; while [ -e "$1" ]; do sleep 0.05; done'
  await using consumer = startConsumer(url, ['bash', '-c', work, log, hold])
  await using _group = { [Symbol.asyncDispose]: async () => void process.kill(-consumer.pid, 'SIGKILL') }
  const seen = async (): Promise<string[]> =>
    (await readFile(log, 'utf8'))
      .trim()
      .split('\n')
      .filter(Boolean)
      .flatMap((line) => JSON.parse(line).data.batches.events.map((event: Data) => event.type))
  const sees = (type: string, times = 1) =>
    until(async () => (await seen()).filter((each) => each === type).length === times, `event ${type}`, {
      timeoutMs: 20_000,
      describe: () => `in:\n${consumer.stderr()}`,
    })

  // A batch that was seen may not be settled yet, and would be held, too.
  const holdNext = async () => {
    const last = (await readFile(log, 'utf8')).trim().split('\n').at(-1) ?? ''
    await consumer.printed(new RegExp(`batch ${JSON.parse(last).data.batches.batchId} is settled`))
    await writeFile(hold, '')
  }

  const types = Array.from({ length: 50 }, (_, n) => `event ${n}`)
  for (let n = 0; n < 50; n += 10) await publish(url, types.slice(n, n + 10))
  await sees('event 49')
  expect(await seen()).toEqual(types)

  await holdNext()
  await publish(url, ['killed under'])
  await sees('killed under')
  await gateway.kill()
  await gateway.start()
  await rm(hold)
  await publish(url, ['after'])
  await sees('after')
  expect(await seen()).toEqual([...types, 'killed under', 'after'])
  expect(consumer.stderr()).not.toContain('went to another worker')

  await holdNext()
  await publish(url, ['taken'])
  await sees('taken')
  await gateway.kill()
  await gateway.start()
  const { nextBatch } = await requestData(
    url,
    'mutation { nextBatch(input: { queue: "q", consumer: "c" }) { batch { batchId } } }',
  )
  await rm(hold)
  await consumer.printed(new RegExp(`batch ${nextBatch.batch.batchId} went to another worker`))
  // The batch was not settled, so it comes again under a new lease.
  await sees('taken', 2)
  await consumer.printed(new RegExp(`batch ${nextBatch.batch.batchId} is settled`))
})

test('a consumer made of curl sends back what its command fails on, and ends when its consumer does not exist', async () => {
  await using server = await startTestServer()
  await requestData(server.url, setUp)
  await publish(server.url, ['x', 'y'])
  await using consumer = startConsumer(server.url, ['false'])
  await using _group = { [Symbol.asyncDispose]: async () => void process.kill(-consumer.pid, 'SIGKILL') }
  const client = await server.fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  const retries = 'select from pgq.retry_queue where ev_retry_after > now() + interval $$50 seconds$$'
  await until(async () => (await client.query(retries)).rowCount === 2, 'retries')
  await consumer.printed(/batch \d+ is settled/)

  await using lost = startChild(script, ['q', 'nobody', 'cat'], {
    env: { PATH: process.env.PATH, PGQ_URL: server.url },
  })
  expect(await lost.ended()).toEqual({ code: 1, signal: null })
  expect(lost.stderr()).toContain('CONSUMER_NOT_FOUND')
})
