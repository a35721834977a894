import { expect, test } from 'vitest'
import { createTestDatabase, eachEngine } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { request, requestData, subscribe } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

const makeQueue = `mutation {
  createQueue(input: { name: "q", tickerMaxLagSeconds: 0.05 }) { created }
  registerConsumer(input: { queue: "q", consumer: "c" }) { registered }
}`
const publish = 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }'
const queueFields = `name lastTickId tickerLagSeconds tickOverdueSeconds currentEventsPerSecond eventsPerSecond newEvents
  retryCount deadLetterCount rotationBlockedBy { name }`
const consumerFields = `name cooperative connected oldestPendingSeconds openBatchSeconds lagSeconds lastSeenSeconds
  pendingEvents lastTick nextTick queue { name }`

test('a consumer that is connected and caught up has nothing pending, however its lag grows', async () => {
  await using server = await startTestServer()
  await requestData(server.url, makeQueue)
  await using batches = subscribe(
    'WebSocket',
    server.url,
    'subscription { batches(input: { queue: "q", consumer: "c" }) { batchId leaseToken events { type } } }',
  )
  await requestData(server.url, publish)
  const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'
  let count = 0
  while (count === 0) {
    const { batchId, leaseToken, events } = (await batches.nextData()).batches
    count = events.length
    if (count === 0) await requestData(server.url, finish, { input: { batchId, leaseToken } })
    else {
      const { consumer } = await requestData(
        server.url,
        `{ consumer(queue: "q", name: "c") { ${consumerFields} } }`,
      )
      expect(consumer).toMatchObject({
        connected: true,
        oldestPendingSeconds: expect.any(Number),
        openBatchSeconds: expect.any(Number),
      })
      await requestData(server.url, finish, { input: { batchId, leaseToken } })
    }
  }
  await using stats = subscribe(
    'SSE',
    server.url,
    `subscription { consumerStats(queue: "q", intervalSeconds: 0.1) { ${consumerFields} } }`,
  )
  await until(async () => {
    const [consumer] = (await stats.nextData()).consumerStats
    expect(consumer.connected).toBe(true)
    return consumer.oldestPendingSeconds === null && consumer.lagSeconds > 1
  }, 'a lag without anything pending')
  await batches.stop()
  await until(async () => !(await stats.nextData()).consumerStats[0].connected, 'the end of the connection')
})

test('the rate of a queue falls to 0 while watchers look on', async () => {
  await using server = await startTestServer()
  await requestData(server.url, makeQueue)
  await using stats = subscribe(
    'SSE',
    server.url,
    `subscription { queueStats(intervalSeconds: 0.1) { ${queueFields} } }`,
  )
  await requestData(server.url, publish)
  await until(async () => (await stats.nextData()).queueStats[0].currentEventsPerSecond > 0, 'a rate')
  await until(
    async () => (await stats.nextData()).queueStats[0].currentEventsPerSecond === 0,
    'the end of it',
    {
      timeoutMs: 20_000,
    },
  )
})

test.each(eachEngine)('statistics of %s go on while event tables are locked', async (engine) => {
  await using server = await startTestServer({ engine, ticker: false })
  await requestData(server.url, makeQueue)
  for (let n = 0; n < 3; n++) await requestData(server.url, publish)
  const locker = await server.fixture.connect()
  await locker.query('begin; lock table pgq.event_template in access exclusive mode')
  try {
    await using queues = subscribe(
      'SSE',
      server.url,
      `subscription { queueStats(intervalSeconds: 0.1) { ${queueFields} } }`,
    )
    await using consumers = subscribe(
      'WebSocket',
      server.url,
      `subscription { consumerStats(intervalSeconds: 0.1) { ${consumerFields} } }`,
    )
    for (let n = 0; n < 3; n++) {
      expect((await queues.nextData()).queueStats).toMatchObject([{ name: 'q', newEvents: '3' }])
      const [consumer] = (await consumers.nextData()).consumerStats
      expect(consumer).toMatchObject({ connected: false, oldestPendingSeconds: expect.any(Number) })
    }
  } finally {
    await locker.end()
  }
})

test('watchers of all figures cost no statement between samples, and many share one sample', async () => {
  await using server = await startTestServer({ ticker: false })
  await requestData(server.url, makeQueue)
  await using other = await startTestServer({ ticker: false })
  await requestData(other.url, makeQueue)
  /** Watches another gateway until that has sampled three times more. */
  const timePasses = async () => {
    const samples = `subscription { queueStats(intervalSeconds: 0.5) { ${queueFields} } }`
    await using clock = subscribe('SSE', other.url, samples)
    for (let n = 0; n < 4; n++) await clock.nextData()
  }
  const watch = async () => {
    const watchers = ['SSE', 'WebSocket'].flatMap((transport) =>
      [
        `queueStats(intervalSeconds: 3600) { ${queueFields} }`,
        `consumerStats(intervalSeconds: 3600) { ${consumerFields} }`,
      ].map((field) => subscribe(transport as 'SSE', server.url, `subscription { ${field} }`)),
    )
    await Promise.all(watchers.map((watcher) => watcher.nextData()))
    return watchers
  }
  // Statements are counted when they are answered.
  const first = await watch()
  const counted = server.statementCount
  await timePasses()
  expect(server.statementCount).toBe(counted)
  const more = (await Promise.all(Array.from({ length: 10 }, watch))).flat()
  const perWatcher = (server.statementCount - counted) / more.length
  // Those who come later get the sample that is there, and each kind of watcher looks up the rest once for all.
  expect(perWatcher).toBeLessThan(3)
  await timePasses()
  expect((server.statementCount - counted) / more.length).toBe(perWatcher)
  await Promise.all([...first, ...more].map((watcher) => watcher.stop()))
})

const askTicker = '{ databases { ticker { state madeBy overdueQueueCount lastError } } }'

test.each(eachEngine)('a ticker of %s says who makes the ticks, also when nobody does', async (engine) => {
  await using fixture = await createTestDatabase(engine)
  await using off = await startTestServer({ fixture, ticker: false })
  const tickerOf = async ({ url }: { url: string }) => (await requestData(url, askTicker)).databases[0].ticker
  await requestData(off.url, makeQueue)
  expect(await tickerOf(off)).toMatchObject({ state: 'OFF', madeBy: 'NOBODY' })
  {
    await using leader = await startTestServer({ fixture })
    await until(async () => (await tickerOf(leader)).state === 'LEADING', 'the lead')
    expect(await tickerOf(leader)).toEqual({
      state: 'LEADING',
      madeBy: 'THIS_SERVER',
      overdueQueueCount: 0,
      lastError: null,
    })
    expect(await tickerOf(off)).toMatchObject({ state: 'OFF', madeBy: 'ANOTHER_SERVER' })
    // A leader whose ticks all fail leads, but says so.
    const admin = await fixture.connect()
    await admin.query('alter table pgq.tick add constraint no_more check (tick_id < 0) not valid')
    await requestData(off.url, publish)
    await admin.query(`update pgq.queue set queue_ticker_max_lag = '0'`)
    await until(async () => (await tickerOf(leader)).lastError !== null, 'the failure')
    await until(async () => (await tickerOf(leader)).madeBy === 'NOBODY', 'overdue ticks')
    expect(await tickerOf(leader)).toMatchObject({ state: 'LEADING', overdueQueueCount: 1 })
    await admin.query('alter table pgq.tick drop constraint no_more')
    await until(async () => (await tickerOf(leader)).madeBy === 'THIS_SERVER', 'ticks')
    await until(async () => (await tickerOf(leader)).lastError === null, 'the end of the failure')
    await admin.end()
  }
  expect(await tickerOf(off)).toMatchObject({ state: 'OFF', madeBy: 'NOBODY' })
})

test.each([
  ['queue(name: "q")', 604_800],
  ['consumer(queue: "q", name: "c")', 3_600],
])('%s refuses a history that is out of range, and names the field', async (parent, longest) => {
  await using server = await startTestServer()
  await requestData(server.url, makeQueue)
  for (const seconds of [0, longest + 1]) {
    const { errors } = await request(server.url, `{ ${parent} { history(seconds: ${seconds}) { time } } }`)
    expect(errors?.[0]).toMatchObject({
      message: `seconds must be from 1 to ${longest}, got ${seconds}`,
      extensions: { code: 'BAD_INPUT', field: 'seconds' },
    })
  }
})
