import { afterAll, beforeAll, expect, test } from 'vitest'
import { withDeadline } from '../../../test/support/deadline.ts'
import { startTestServer, type TestServer } from '../../../test/support/server.ts'
import { createClient, createPublisher, type EventInput, PgqClientError } from '../../src/index.ts'

let server: TestServer
let queues = 0

beforeAll(async () => {
  server = await startTestServer({ limits: { maxEventsPerRequest: 1_000 } })
})

afterAll(() => server[Symbol.asyncDispose]())

/** Makes a queue of its own, and a client whose requests may be held back or answered otherwise. */
async function startQueue(answer: (send: () => Promise<Response>) => Promise<Response> = (send) => send()) {
  const name = `queue ${++queues}`
  await createClient({ url: server.url }).createQueue(name)
  const sizes: number[] = []
  const client = createClient({
    url: server.url,
    fetch: (url, init) => {
      const body = JSON.parse(String(init?.body)) as { variables: { input: { events: unknown[] } } }
      sizes.push(body.variables.input.events.length)
      return answer(() => fetch(url, init))
    },
  })
  return { name, client, sizes }
}

async function stored(queue: string): Promise<{ id: string; data: string | null }[]> {
  const sql = await server.fixture.connect()
  try {
    const { rows: tables } = await sql.query('select pgq.current_event_table($1) as name', [queue])
    const { rows } = await sql.query(
      `select ev_id as id, ev_data as data from ${tables[0].name} order by ev_id`,
    )
    return rows
  } finally {
    await sql.end()
  }
}

const codeOf = (result: PromiseSettledResult<string> | undefined) =>
  result?.status === 'rejected' && result.reason instanceof PgqClientError
    ? result.reason.code
    : result?.status

test('makes one mutation of what is published at the same time, and gives each its own id', async () => {
  const { name, client, sizes } = await startQueue()
  const publisher = client.publisher(name)
  const ids = await Promise.all(
    Array.from({ length: 500 }, (_, index) => publisher.publish({ data: String(index) })),
  )
  expect(sizes).toEqual([500])
  expect(await stored(name)).toEqual(ids.map((id, index) => ({ id, data: String(index) })))
})

test('gathers while a mutation is under way, and keeps the order of the calls', async () => {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const { name, client, sizes } = await startQueue((send) => held.then(send))
  const publisher = client.publisher(name, { maxBatch: 3 })
  const published = Array.from({ length: 10 }, (_, index) => publisher.publish({ data: String(index) }))
  release()
  await Promise.all(published)
  expect(sizes).toEqual([3, 3, 3, 1])
  expect((await stored(name)).map(({ data }) => data)).toEqual([...'0123456789'])
})

test('sends no mutation larger than it may, and refuses an event that is', async () => {
  const { name, client, sizes } = await startQueue()
  const publisher = client.publisher(name, { maxBytes: 1_000 })
  const results = await Promise.allSettled([
    ...Array.from({ length: 4 }, () => publisher.publish({ data: 'ä'.repeat(200) })),
    publisher.publish({ data: 'ä'.repeat(500) }),
  ])
  expect(results.map(codeOf)).toEqual([...Array(4).fill('fulfilled'), 'LIMIT_EXCEEDED'])
  expect(sizes).toEqual([2, 2])
})

test('fails bad events alone', async () => {
  const { name, client } = await startQueue()
  const publisher = client.publisher(name)
  const bad: Record<number, EventInput> = { 0: {}, 7: { data: 'a\0b' }, 8: { data: 'a', json: 1 } }
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) => publisher.publish(bad[index] ?? { data: String(index) })),
  )
  const codes = results.map(codeOf)
  expect(codes.filter((code) => code === 'fulfilled')).toHaveLength(37)
  for (const index of [0, 7, 8]) expect(codes[index]).toBe('BAD_INPUT')
  const ids = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect((await stored(name)).map(({ id }) => id)).toEqual(ids)
})

test('publishes more at once than the server takes in one request', async () => {
  const { name, client } = await startQueue()
  const publisher = client.publisher(name, { maxBatch: 5_000 })
  await Promise.all(Array.from({ length: 2_500 }, () => publisher.publish({ data: '' })))
  expect(await stored(name)).toHaveLength(2_500)
})

test('fails all of a mutation on a queue that is missing, without trying each', async () => {
  const { client, sizes } = await startQueue()
  const publisher = client.publisher('missing')
  const results = await Promise.allSettled([publisher.publish({ data: '' }), publisher.publish({ data: '' })])
  expect(results.map(codeOf)).toEqual(['QUEUE_NOT_FOUND', 'QUEUE_NOT_FOUND'])
  expect(sizes).toEqual([2])
})

test('fails all of a mutation whose reply is lost, once, although it is published', async () => {
  const { name, client, sizes } = await startQueue(async (send) => {
    await (await send()).text()
    throw new TypeError('the reply is lost')
  })
  const publisher = client.publisher(name)
  const results = await Promise.allSettled([publisher.publish({ data: '' }), publisher.publish({ data: '' })])
  expect(results.map(codeOf)).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
  expect(sizes).toEqual([2])
  expect(await stored(name)).toHaveLength(2)
})

test.each([
  ['{"data":{"insertEvents":{"eventIds":["1"]}}}'],
  ['{"data":{}}'],
  ['{"data":{"insertEvents":null}}'],
])('fails with INTERNAL on the malformed reply %s', async (text) => {
  const { name, client } = await startQueue(async () => {
    return new Response(text, { headers: { 'content-type': 'application/json' } })
  })
  const publisher = client.publisher(name)
  const results = await Promise.allSettled([publisher.publish({ data: '' }), publisher.publish({ data: '' })])
  expect(results.map(codeOf)).toEqual(['INTERNAL', 'INTERNAL'])
})

test('refuses more events than may wait, and tells when there is room', async () => {
  const { name, client } = await startQueue()
  const publisher = client.publisher(name, { maxQueued: 2 })
  const accepted = [publisher.publish({ data: '0' }), publisher.publish({ data: '1' })]
  await expect(publisher.publish({ data: 'too many' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  const published: Promise<string>[] = []
  for (let index = 2; index < 9; index++) {
    await withDeadline(publisher.room(), 'room')
    published.push(publisher.publish({ data: String(index) }))
  }
  await Promise.all([...accepted, ...published])
  expect((await stored(name)).map(({ data }) => data)).toEqual([...'012345678'])
})

test('gives room to all who wait for it, even when some do not use it', async () => {
  const { name, client } = await startQueue()
  const publisher = client.publisher(name, { maxQueued: 1 })
  const published = publisher.publish({ data: '' })
  await withDeadline(Promise.all([publisher.room(), publisher.room(), publisher.room()]), 'room')
  await published
})

test('flushes before its time, and takes nothing after close', async () => {
  const { name, client } = await startQueue()
  const publisher = client.publisher(name, { maxWaitMs: 600_000 })
  const published = publisher.publish({ data: 'a' })
  await withDeadline(publisher.flush(), 'the flush')
  expect(await published).toMatch(/^\d+$/)
  const last = publisher.publish({ data: 'b' })
  await withDeadline(publisher.close(), 'the end')
  expect(await last).toMatch(/^\d+$/)
  await expect(publisher.publish({ data: 'c' })).rejects.toThrow('closed')
  await withDeadline(Promise.all([publisher.close(), publisher.flush()]), 'the end')
})

test('publishes an event as it was when publish was called', async () => {
  const { name, client } = await startQueue()
  const publisher = client.publisher(name)
  const event = { json: { id: 1 } }
  const first = publisher.publish(event)
  event.json.id = 2
  await Promise.all([first, publisher.publish({ json: null })])
  expect((await stored(name)).map(({ data }) => data)).toEqual(['{"id":1}', 'null'])
})

test.each([[1n], [Symbol('s')], [() => {}]])('refuses the value %o, which is no JSON', async (json) => {
  const publisher = createPublisher('orders', { url: 'http://127.0.0.1:1/graphql' })
  await expect(publisher.publish({ json })).rejects.toMatchObject({ code: 'BAD_INPUT', field: 'json' })
})

test('publishes through several mutations at once where it may', async () => {
  let inFlight = 0
  let most = 0
  const { name, client } = await startQueue(async (send) => {
    most = Math.max(most, ++inFlight)
    const response = await send()
    inFlight--
    return response
  })
  const publisher = client.publisher(name, { maxBatch: 10, maxInFlight: 3 })
  await Promise.all(Array.from({ length: 200 }, () => publisher.publish({ data: '' })))
  expect(most).toBe(3)
  expect(await stored(name)).toHaveLength(200)
})

test('works without a client', async () => {
  const { name } = await startQueue()
  await using publisher = createPublisher(name, { url: server.url })
  expect(await publisher.publish({ data: 'a' })).toMatch(/^\d+$/)
})
