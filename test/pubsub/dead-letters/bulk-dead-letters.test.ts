import type pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../support/deadline.ts'
import { type Data, request, requestData, subscribe, transports } from '../../support/graphql.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

const audit: Data[] = []
const auditLogger = pino({ base: null }, { write: (line) => void audit.push(JSON.parse(line)) })

let server: TestServer
let client: pg.Client

beforeAll(async () => {
  server = await startTestServer({ ticker: false, auditLogger })
  client = await server.fixture.connect()
  await client.query(
    `select pgq.create_queue('q'), pgq.register_consumer('q', 'c'), pgq.register_consumer('q', 'd')`,
  )
})

beforeEach(async () => {
  audit.length = 0
  await client.query('truncate pgq_gateway.dead_letter, pgq.retry_queue')
})

afterAll(async () => {
  await client.end()
  await server[Symbol.asyncDispose]()
})

interface Letters {
  consumer?: string
  reason?: string | null
  type?: string | null
  count?: number
}

/** Makes dead letters, whose reasons may count with `%s`. */
async function bury({ consumer = 'c', reason = 'why', type = 't', count = 1 }: Letters): Promise<void> {
  await client.query(
    `insert into pgq_gateway.dead_letter (queue_id, consumer_name, reason, ev_id, ev_time, ev_txid, ev_type, ev_data)
     select q.queue_id, $1, format($2, n), nextval('pgq.event_1_id_seq'), now(), 1, $3, n::text
       from pgq.queue q, generate_series(1, $4::int4) n where q.queue_name = 'q'`,
    [consumer, reason, type, count],
  )
}

async function countOf(table: 'pgq_gateway.dead_letter' | 'pgq.retry_queue'): Promise<number> {
  const { rows } = await client.query(`select count(*)::int4 as count from ${table}`)
  return rows[0].count
}

type Mutation = 'requeueAllDeadLetters' | 'deleteAllDeadLetters'

const bulk = (mutation: Mutation) =>
  `mutation ($input: AllDeadLettersInput!) { ${mutation}(input: $input) { count job { id state total } } }`

async function settleAll(mutation: Mutation, input: Data = {}): Promise<Data> {
  return (await requestData(server.url, bulk(mutation), { input: { queue: 'q', ...input } }))[mutation]
}

const following =
  'subscription ($id: ID!) { deadLetterJob(id: $id) { state total done failed error endedAt } }'

/** Follows a job to its end. @returns All that was told of it. */
async function follow(id: string, transport: 'SSE' | 'WebSocket' = 'SSE'): Promise<Data[]> {
  await using stream = subscribe(transport, server.url, following, { id })
  const reports: Data[] = []
  for (;;) {
    const { deadLetterJob } = await stream.nextData()
    reports.push(deadLetterJob)
    if (deadLetterJob.state !== 'RUNNING') {
      await stream.ended()
      return reports
    }
  }
}

/** Holds the oldest dead letter, so that a job waits. @returns What lets it go on. */
async function hold(): Promise<() => Promise<void>> {
  const holder = await server.fixture.connect()
  await holder.query('begin')
  await holder.query('select from pgq_gateway.dead_letter order by dead_letter_id limit 1 for update')
  return async () => {
    await holder.query('rollback')
    await holder.end()
  }
}

const waiting = `select pid from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query like '%matching_dead_letters%'`

describe('the groups of dead letters', () => {
  test('are by consumer, type and what reasons have in common, the largest first', async () => {
    await bury({ reason: 'order %s of 0d8f3c9e-93a1-4b7e-9a5d-1f2e3d4c5b6a is late', count: 3 })
    await bury({ reason: null, type: null, count: 2 })
    await bury({ consumer: 'd', reason: 'long '.repeat(100) })
    const query =
      '{ deadLetterGroups { total others groups { queueName consumerName reason type count oldest newest } } }'
    const { deadLetterGroups } = await requestData(server.url, query)
    const group = { queueName: 'q', oldest: expect.any(String), newest: expect.any(String) }
    expect(deadLetterGroups).toEqual({
      total: '6',
      others: '0',
      groups: [
        { ...group, consumerName: 'c', reason: 'order # of # is late', type: 't', count: '3' },
        { ...group, consumerName: 'c', reason: '', type: null, count: '2' },
        { ...group, consumerName: 'd', reason: 'long '.repeat(40), type: 't', count: '1' },
      ],
    })
    const list = `query ($filter: DeadLetterFilter) { deadLetters(filter: $filter) { nodes { reason } } }`
    for (const { reason, type, count } of deadLetterGroups.groups) {
      const { deadLetters } = await requestData(server.url, list, { filter: { reason, types: [type] } })
      expect(deadLetters.nodes).toHaveLength(Number(count))
    }
  })

  test('are at most a hundred, and the rest is counted', async () => {
    await bury({ count: 2 })
    for (let n = 0; n < 101; n++) await bury({ type: `t${n}` })
    const { deadLetterGroups } = await requestData(
      server.url,
      '{ deadLetterGroups(queue: "q") { total others groups { count } } }',
    )
    expect(deadLetterGroups).toMatchObject({ total: '103', others: '2' })
    expect(deadLetterGroups.groups).toHaveLength(100)
  })

  test('and lists are of what meets a filter', async () => {
    await bury({ reason: 'a 50%% tax' })
    await bury({ reason: 'A tax', consumer: 'd', type: null })
    const both = `query ($filter: DeadLetterFilter) {
      deadLetterGroups(filter: $filter) { total } deadLetters(filter: $filter) { nodes { reason } } }`
    const expected: [Data, string[]][] = [
      [{ reasonContains: '50%' }, ['a 50% tax']],
      [{ reasonContains: 'a' }, ['a 50% tax', 'A tax']],
      [{ reasonContains: '_' }, []],
      [{ types: ['t'] }, ['a 50% tax']],
      [{ types: [null] }, ['A tax']],
      [{ types: [] }, []],
      [{ failedFrom: '2999-01-01T00:00:00Z' }, []],
      [{ failedTo: '2999-01-01T00:00:00Z' }, ['a 50% tax', 'A tax']],
    ]
    for (const [filter, reasons] of expected) {
      const { deadLetters, deadLetterGroups } = await requestData(server.url, both, { filter })
      expect({ filter, reasons: deadLetters.nodes.map(({ reason }: Data) => reason) }).toEqual({
        filter,
        reasons,
      })
      expect(deadLetterGroups.total).toBe(String(reasons.length))
    }
  })
})

describe.each(transports)('a job on dead letters, followed over %s', (transport) => {
  test('requeues all that meet the filter, after a dry run that only counts', async () => {
    await bury({ reason: 'broken %s', count: 12_000 })
    await bury({ reason: 'other', count: 3 })
    await bury({ reason: 'broken', consumer: 'd', count: 2 })
    const input = { consumer: 'c', filter: { reasonContains: 'broken' } }
    expect(await settleAll('requeueAllDeadLetters', { ...input, dryRun: true })).toEqual({
      count: '12000',
      job: null,
    })
    expect(await countOf('pgq_gateway.dead_letter')).toBe(12_005)
    const { count, job } = await settleAll('requeueAllDeadLetters', input)
    expect({ count, total: job.total }).toEqual({ count: '12000', total: '12000' })
    const reports = await follow(job.id, transport)
    expect(reports.at(-1)).toEqual({
      state: 'FINISHED',
      total: '12000',
      done: '12000',
      failed: '0',
      error: null,
      endedAt: expect.any(String),
    })
    expect(await countOf('pgq_gateway.dead_letter')).toBe(5)
    expect(await countOf('pgq.retry_queue')).toBe(12_000)
    const lines = audit.map(({ mutation, queue, consumer, outcome, affected }) => [
      mutation,
      queue,
      consumer,
      outcome,
      affected,
    ])
    const line = ['requeueAllDeadLetters', 'q', 'c', 'ok']
    expect(lines).toEqual([
      [...line, undefined],
      [...line, undefined],
      [...line, 12_000],
    ])
  })
})

describe('a job on dead letters', () => {
  test('leaves those whose consumer is gone, and what came after its start', async () => {
    await bury({ consumer: 'gone', count: 2 })
    await bury({ count: 3 })
    const letGo = await hold()
    const { job } = await settleAll('requeueAllDeadLetters')
    await bury({ count: 1 })
    await letGo()
    const reports = await follow(job.id)
    expect(reports.at(-1)).toMatchObject({ state: 'FINISHED', total: '5', done: '3', failed: '2' })
    expect(await countOf('pgq_gateway.dead_letter')).toBe(3)
  })

  test('deletes for good', async () => {
    await bury({ consumer: 'gone', count: 2 })
    await bury({ count: 3 })
    const { job } = await settleAll('deleteAllDeadLetters', { consumer: 'gone' })
    expect((await follow(job.id)).at(-1)).toMatchObject({ state: 'FINISHED', done: '2', failed: '0' })
    expect(await countOf('pgq_gateway.dead_letter')).toBe(3)
    expect(await countOf('pgq.retry_queue')).toBe(0)
  })

  test('goes on when its connection is cut', async () => {
    await bury({ count: 3 })
    const letGo = await hold()
    const { job } = await settleAll('deleteAllDeadLetters')
    const [{ pid }] = await until(async () => {
      const { rows } = await client.query(waiting)
      return rows.length > 0 && rows
    }, 'a portion that waits')
    await client.query('select pg_terminate_backend($1)', [pid])
    await letGo()
    expect((await follow(job.id)).at(-1)).toMatchObject({ state: 'FINISHED', done: '3' })
  })

  test('ends early when it is cancelled, and the others wait no longer', async () => {
    await bury({ count: 3_000 })
    const letGo = await hold()
    const jobs: Data[] = []
    for (let n = 0; n < 4; n++) jobs.push((await settleAll('deleteAllDeadLetters')).job)
    const { errors } = await request(server.url, bulk('deleteAllDeadLetters'), { input: { queue: 'q' } })
    expect(errors?.[0]?.extensions.code).toBe('LIMIT_EXCEEDED')
    const { deadLetterJobs } = await requestData(server.url, '{ deadLetterJobs { id state } }')
    expect(deadLetterJobs.slice(-4)).toEqual(jobs.map(({ id }) => ({ id, state: 'RUNNING' })))
    const cancelled = jobs.map(({ id }) => server.database.letterJobs.get(id)?.cancel())
    await letGo()
    await Promise.all(cancelled)
    const cancel = 'mutation ($id: ID!) { cancelDeadLetterJob(input: { id: $id }) { job { state done } } }'
    const answers = await Promise.all(jobs.map(({ id }) => requestData(server.url, cancel, { id })))
    const states = answers.map(({ cancelDeadLetterJob: { job } }) => job)
    expect(states.map(({ state }) => state)).toEqual(Array(4).fill('CANCELLED'))
    const done = states.reduce((sum, job) => sum + Number(job.done), 0)
    expect(await countOf('pgq_gateway.dead_letter')).toBe(3_000 - done)
    expect(done).toBeLessThanOrEqual(2_000)
    const { job } = await settleAll('deleteAllDeadLetters')
    expect((await follow(job.id)).at(-1)).toMatchObject({ state: 'FINISHED', done: String(3_000 - done) })
  })

  test('is not there under another id, nor for a queue that is not', async () => {
    const { errors } = await request(
      server.url,
      'mutation { cancelDeadLetterJob(input: { id: "x" }) { job { id } } }',
    )
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', field: 'id' })
    await using stream = subscribe('SSE', server.url, following, { id: 'x' })
    expect((await stream.next()).errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', field: 'id' })
    const answer = await request(server.url, bulk('deleteAllDeadLetters'), {
      input: { queue: 'none', dryRun: true },
    })
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'QUEUE_NOT_FOUND', field: 'queue' })
  })

  test('ends with its server after the portion that is under way', async () => {
    await using other = await startTestServer({ ticker: false, fixture: server.fixture })
    await bury({ count: 2_000 })
    const letGo = await hold()
    await requestData(other.url, bulk('deleteAllDeadLetters'), { input: { queue: 'q' } })
    await until(async () => (await client.query(waiting)).rows.length > 0, 'a portion that waits')
    const closed = other[Symbol.asyncDispose]()
    await letGo()
    await closed
    expect(await countOf('pgq_gateway.dead_letter')).toBe(1_500)
  })
})
