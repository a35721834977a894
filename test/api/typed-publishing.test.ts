import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { availableEngines } from '../support/database.ts'
import { type Data, type Result, request, requestData } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const order = {
  type: 'object',
  properties: { id: { type: 'integer' }, customer: { $ref: '#/$defs/customer' } },
  required: ['id'],
  $defs: {
    customer: {
      type: 'object',
      properties: { email: { type: 'string', format: 'email' }, name: { type: 'string', minLength: 1 } },
    },
  },
}

describe.each(availableEngines)('publishing to a queue with enforced types on %s', (engine) => {
  let server: TestServer
  let another: TestServer
  beforeAll(async () => {
    server = await startTestServer({ engine })
    another = await startTestServer({ engine, fixture: server.fixture, ticker: false })
    await createQueue('orders')
    await createQueue('free')
    await register(server, { queue: 'orders', type: 'created', schema: order, enforce: true })
  })
  afterAll(async () => {
    await another[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const createQueue = (name: string) =>
    requestData(server.url, 'mutation ($name: String!) { createQueue(input: { name: $name }) { created } }', {
      name,
    })
  const register = (at: TestServer, input: Data) =>
    requestData(
      at.url,
      'mutation ($input: RegisterEventTypeInput!) { registerEventType(input: $input) { created } }',
      { input },
    )
  const remove = (at: TestServer, queue: string, type: string) =>
    requestData(
      at.url,
      'mutation ($input: RemoveEventTypeInput!) { removeEventType(input: $input) { removed } }',
      { input: { queue, type } },
    )
  const publish = (at: TestServer, input: Data) =>
    request(at.url, 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }', {
      input,
    })
  const publishMany = (at: TestServer, queue: string, events: Data[]) =>
    request(at.url, 'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }', {
      input: { queue, events },
    })
  const refusalOf = (result: Result) => {
    const [error] = result.errors ?? []
    return { code: error?.extensions.code, field: error?.extensions.field, message: error?.message }
  }
  const stored = async (queue: string) => {
    const client = await server.fixture.connect()
    const { rows } = await client.query('select pgq.current_event_table($1) as name', [queue])
    const events = await client.query(`select ev_type, ev_data from ${rows[0].name} order by ev_id`)
    await client.end()
    return events.rows.map((row) => [row.ev_type, row.ev_data])
  }

  test.each([
    ['json', { json: { id: 1 } }],
    ['data', { data: '{"id": 1}' }],
  ])('takes %s that matches', async (_, payload) => {
    const { data } = await publish(server, { queue: 'orders', type: 'created', ...payload })
    expect(data?.insertEvent.eventId).toMatch(/^\d+$/)
  })

  test.each([
    ['a wrong type', { json: { id: 'one' } }, 'json', /version 1: \/id must be integer/],
    ['a missing property', { data: '{}' }, 'data', /must have required property 'id'/],
    ['a fault behind a reference', { json: { id: 1, customer: { name: '' } } }, 'json', /\/customer\/name/],
    [
      'a wrong format',
      { json: { id: 1, customer: { email: 'me' } } },
      'json',
      /\/customer\/email must match/,
    ],
    ['data that is not JSON', { data: 'id=1' }, 'data', /is not JSON/],
    ['no payload', { extra1: 'x' }, 'json', /has no payload/],
    ['the JSON null', { json: null }, 'json', /must be object/],
    [
      'an inherited property for a required one',
      { json: { constructor: 1 } },
      'json',
      /required property 'id'/,
    ],
  ])('refuses %s', async (_, payload, field, message) => {
    const before = await stored('orders')
    const result = await publish(server, { queue: 'orders', type: 'created', ...payload })
    expect(refusalOf(result)).toEqual({
      code: 'INVALID_PAYLOAD',
      field,
      message: expect.stringMatching(message),
    })
    expect(await stored('orders')).toEqual(before)
  })

  test('lists several faults of an event', async () => {
    const json = { id: 'one', customer: { email: 'me', name: '' } }
    const { message } = refusalOf(await publish(server, { queue: 'orders', type: 'created', json }))
    for (const path of ['/id', '/customer/email', '/customer/name']) expect(message).toContain(path)
  })

  test('refuses all events of a mutation for one of them, naming it', async () => {
    const before = await stored('orders')
    const events = [{ json: { id: 1 } }, { data: '{"id": 2}' }, { json: { id: 3 } }, { json: { id: '4' } }]
    const result = await publishMany(
      server,
      'orders',
      events.map((event) => ({ type: 'created', ...event })),
    )
    expect(refusalOf(result)).toEqual({
      code: 'INVALID_PAYLOAD',
      field: 'events[3].json',
      message: expect.stringMatching(
        /^events\[3\]\.json does not match type "created", version 1: \/id must be integer$/,
      ),
    })
    expect(await stored('orders')).toEqual(before)
  })

  test('lists ten faults of a thousand, and counts the other events', async () => {
    const events = Array.from({ length: 1_000 }, () => ({ type: 'created', json: {} }))
    const { message, field } = refusalOf(await publishMany(server, 'orders', events))
    expect(field).toBe('events[0].json')
    expect(message?.length).toBeLessThanOrEqual(1_001)
    expect(message).toContain('events[9].json')
    expect(message).not.toContain('events[10].json')
  })

  test('answers at once for a payload that is made to take a regular expression for ever', async () => {
    const schema = { type: 'string', pattern: '^(?:a+|a?a)+$' }
    await register(server, { queue: 'orders', type: 'pattern', schema, enforce: true })
    const endless = `${'a'.repeat(10_000)}b`
    expect(
      refusalOf(await publish(server, { queue: 'orders', type: 'pattern', json: endless })),
    ).toMatchObject({
      code: 'INVALID_PAYLOAD',
      message: expect.stringContaining('must match pattern'),
    })
  })

  test('gives up on payloads that are made to take for ever, all of a mutation together', async () => {
    const node = (name: string) => ({
      type: 'object',
      properties: { next: { $ref: '#' }, [name]: { const: 1 } },
      required: [name],
      // This keyword multiplies the ways through a document.
      unevaluatedProperties: true,
    })
    await register(server, {
      queue: 'orders',
      type: 'node',
      schema: { anyOf: [node('x'), node('y')] },
      enforce: true,
    })
    const data = `${'{"x":2,"y":2,"next":'.repeat(40)}{}${'}'.repeat(40)}`
    const events = Array.from({ length: 50 }, () => ({ type: 'node', data }))
    const before = process.cpuUsage()
    expect(refusalOf(await publishMany(server, 'orders', events))).toMatchObject({
      code: 'INVALID_PAYLOAD',
      message: expect.stringMatching(/^events\[0\]\.data .* takes too long to check; .* and 40 more events$/),
    })
    const { user, system } = process.cpuUsage(before)
    // All of them share a budget of half a second.
    expect((user + system) / 1_000_000).toBeLessThan(2)
    expect((await publish(server, { queue: 'orders', type: 'node', json: { x: 1 } })).errors).toBeUndefined()
  })

  test('lets pass what has no registered type, or none', async () => {
    for (const event of [{ type: 'changed', json: 7 }, { data: 'x' }, { type: '', data: 'x' }]) {
      expect((await publish(server, { queue: 'orders', ...event })).errors).toBeUndefined()
    }
  })

  test('fails one event alone, of those that share a statement', async () => {
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        publish(n % 2 ? server : another, {
          queue: 'orders',
          type: 'created',
          json: { id: n % 5 === 0 ? 'bad' : n },
        }),
      ),
    )
    const outcomes = results.map((result) => result.errors?.[0]?.extensions.code ?? 'published')
    expect(outcomes).toEqual(
      Array.from({ length: 60 }, (_, n) => (n % 5 === 0 ? 'INVALID_PAYLOAD' : 'published')),
    )
  })

  test('through another server obeys at once what this one registered, changed or removed', async () => {
    await createQueue('moving')
    const event = (json: unknown) => ({ queue: 'moving', type: 't', json })
    const codeOf = async (json: unknown) => refusalOf(await publish(another, event(json))).code ?? 'published'
    expect(await codeOf(1)).toBe('published')
    await register(server, { queue: 'moving', type: 't', schema: { type: 'string' }, enforce: true })
    expect([await codeOf(1), await codeOf('x')]).toEqual(['INVALID_PAYLOAD', 'published'])
    await register(server, { queue: 'moving', type: 't', schema: { type: 'number' }, force: true })
    expect([await codeOf(1), await codeOf('x')]).toEqual(['published', 'INVALID_PAYLOAD'])
    await register(server, { queue: 'moving', type: 't', schema: { type: 'number' }, enforce: false })
    expect([await codeOf(1), await codeOf('x')]).toEqual(['published', 'published'])
    await register(server, { queue: 'moving', type: 't', schema: { type: 'number' }, enforce: true })
    expect(await codeOf('x')).toBe('INVALID_PAYLOAD')
    await remove(server, 'moving', 't')
    expect(await codeOf('x')).toBe('published')
  })

  test('of an old name obeys the types of the new queue alone', async () => {
    await createQueue('again')
    await register(server, { queue: 'again', type: 't', schema: { type: 'string' }, enforce: true })
    const codeOf = async (json: unknown) =>
      refusalOf(await publish(another, { queue: 'again', type: 't', json })).code ?? 'published'
    expect(await codeOf(1)).toBe('INVALID_PAYLOAD')
    await requestData(server.url, 'mutation { dropQueue(input: { name: "again" }) { dropped } }')
    await createQueue('again')
    expect(await codeOf(1)).toBe('published')
    await register(server, { queue: 'again', type: 't', schema: { type: 'number' }, enforce: true })
    expect([await codeOf(1), await codeOf('x')]).toEqual(['published', 'INVALID_PAYLOAD'])
  })

  test('costs one statement for an event, and so does a queue without types', async () => {
    await publish(server, { queue: 'orders', type: 'created', json: { id: 1 } })
    for (const queue of ['orders', 'free']) {
      const before = server.statementCount
      await publish(server, { queue, type: 'created', json: { id: 1 } })
      expect(server.statementCount - before, queue).toBe(1)
    }
  })

  test('does not touch a batch whose follow-up is refused, and says of a settled one that it is', async () => {
    await createQueue('work')
    await requestData(
      server.url,
      'mutation { registerConsumer(input: { queue: "work", consumer: "c" }) { registered } }',
    )
    await publish(server, { queue: 'work', type: 'x' })
    await requestData(server.url, 'mutation { tick(input: { queue: "work", force: true }) { tickId } }')
    const { nextBatch } = await requestData(
      server.url,
      'mutation { nextBatch(input: { queue: "work", consumer: "c" }) { batch { batchId leaseToken events { eventId } } } }',
    )
    const { batchId, leaseToken } = nextBatch.batch
    const finish = (publish: Data[], token = leaseToken) =>
      request(
        server.url,
        'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }',
        { input: { batchId, leaseToken: token, publish } },
      )
    const bad = { queue: 'orders', type: 'created', json: { id: 'bad' } }
    const good = { queue: 'orders', type: 'created', json: { id: 77 } }
    const before = await stored('orders')
    expect(refusalOf(await finish([{ queue: 'free', data: 'x' }, good, bad]))).toEqual({
      code: 'INVALID_PAYLOAD',
      field: 'publish[2].json',
      message: expect.stringContaining('/id must be integer'),
    })
    expect(await stored('orders')).toEqual(before)
    const stale = await finish([bad], 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa')
    expect(refusalOf(stale).code).toBe('STALE_LEASE')
    expect((await finish([good])).data).toEqual({ finishBatch: { finished: true } })
    expect(await stored('orders')).toEqual([...before, ['created', '{"id":77}']])
    expect((await finish([bad])).data).toEqual({ finishBatch: { finished: false } })
  })

  test('by plain SQL is not checked', async () => {
    const client = await server.fixture.connect()
    await client.query(`select pgq_gateway.insert_events('orders', array['created'], array['no JSON'])`)
    await client.query(`select pgq.insert_event('orders', 'created', 'no JSON either')`)
    await client.end()
    expect((await stored('orders')).slice(-2)).toEqual([
      ['created', 'no JSON'],
      ['created', 'no JSON either'],
    ])
  })
})
