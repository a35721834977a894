import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { availableEngines } from '../support/database.ts'
import { type Data, request, requestData } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const order = {
  type: 'object',
  properties: { id: { type: 'integer' }, note: { type: 'string' } },
  required: ['id'],
}

const registration = `mutation ($input: RegisterEventTypeInput!) {
  registerEventType(input: $input) {
    created
    eventType { id queue { name } type version schema enforced registeredAt versions { version schema registeredAt } }
  }
}`

describe.each(availableEngines)('event types on %s', (engine) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer({ engine })
    for (const name of ['orders', 'other', 'plain']) await createQueue(name)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const run = (query: string, variables?: Data) => requestData(server.url, query, variables)
  const createQueue = (name: string) =>
    run('mutation ($name: String!) { createQueue(input: { name: $name }) { created } }', { name })
  const register = async (input: Data) => (await run(registration, { input })).registerEventType
  const remove = async (queue: string, type: string) =>
    (
      await run(
        'mutation ($queue: String!, $type: String!) { removeEventType(input: { queue: $queue, type: $type }) { removed } }',
        { queue, type },
      )
    ).removeEventType.removed

  test('are registered with version 1, not enforced, and found by queue, by type and by id', async () => {
    const { eventType, created } = await register({ queue: 'orders', type: 'created', schema: order })
    expect(created).toBe(true)
    expect(eventType).toMatchObject({
      queue: { name: 'orders' },
      type: 'created',
      version: 1,
      schema: order,
      enforced: false,
      versions: [{ version: 1, schema: order, registeredAt: eventType.registeredAt }],
    })
    expect(Object.keys(eventType.schema.properties)).toEqual(['id', 'note'])
    const found = await run(
      `query ($id: ID!) {
        eventType(queue: "orders", type: "created") { id }
        none: eventType(queue: "orders", type: "none") { id }
        nowhere: eventType(queue: "nowhere", type: "created") { id }
        node(id: $id) { ... on EventType { type version } }
        queue(name: "orders") { eventTypes { id } }
      }`,
      { id: eventType.id },
    )
    expect(found).toEqual({
      eventType: { id: eventType.id },
      none: null,
      nowhere: null,
      node: { type: 'created', version: 1 },
      queue: { eventTypes: [{ id: eventType.id }] },
    })
  })

  test('get no new version for an equal schema, whatever the order of its properties, but may become enforced', async () => {
    await register({ queue: 'other', type: 'same', schema: order })
    const { properties, ...rest } = order
    const reordered = { properties: { note: properties.note, id: properties.id }, ...rest }
    const again = await register({ queue: 'other', type: 'same', schema: reordered, enforce: true })
    expect(again).toMatchObject({ created: false, eventType: { version: 1, enforced: true, schema: order } })
    const kept = await register({ queue: 'other', type: 'same', schema: order })
    expect(kept).toMatchObject({ created: false, eventType: { version: 1, enforced: true } })
    const changed = await register({
      queue: 'other',
      type: 'same',
      schema: { ...order, description: 'An order.' },
    })
    expect(changed).toMatchObject({ created: true, eventType: { version: 2, enforced: true } })
    expect(changed.eventType.versions.map((each: Data) => each.version)).toEqual([2, 1])
    const off = await register({
      queue: 'other',
      type: 'same',
      schema: { ...order, description: 'An order.' },
      enforce: false,
    })
    expect(off).toMatchObject({ created: false, eventType: { enforced: false } })
  })

  test('are listed by queue and type, with a number of statements that does not grow with the list', async () => {
    const queues = Array.from({ length: 10 }, (_, n) => `list${n}`)
    for (const queue of queues) {
      await createQueue(queue)
      await register({ queue, type: 'b', schema: order })
      await register({ queue, type: 'a', schema: order })
    }
    const list = `query ($like: String!) {
      queues(nameLike: $like) { edges { node { eventTypes { type queue { name } versions { version } } } } }
    }`
    const statementsOf = async (like: string) => {
      const before = server.statementCount
      const { queues } = await run(list, { like })
      return [queues.edges.length, server.statementCount - before]
    }
    const [few, statements] = await statementsOf('list1')
    expect(few).toBe(1)
    expect(await statementsOf('list_')).toEqual([10, statements])

    const { eventTypes, of } = await run(
      '{ eventTypes { queue { name } type } of: eventTypes(queue: "list3") { queue { name } type } }',
    )
    const names = eventTypes.map((each: Data) => `${each.queue.name} ${each.type}`)
    expect(names).toEqual([...names].sort())
    expect(names).toContain('list0 a')
    expect(of).toEqual(['a', 'b'].map((type) => ({ queue: { name: 'list3' }, type })))
    const unknown = await request(server.url, '{ eventTypes(queue: "nowhere") { type } }')
    expect(unknown.errors?.[0]?.extensions).toEqual({ code: 'QUEUE_NOT_FOUND', field: 'queue' })
  })

  test('are forgotten when they are removed, and go on with the next version', async () => {
    await register({ queue: 'plain', type: 'gone', schema: order })
    await register({ queue: 'plain', type: 'gone', schema: { ...order, title: 'Order' } })
    expect(await remove('plain', 'gone')).toBe(true)
    expect(await remove('plain', 'gone')).toBe(false)
    expect((await run('{ eventType(queue: "plain", type: "gone") { id } }')).eventType).toBeNull()
    const again = await register({ queue: 'plain', type: 'gone', schema: { type: 'string' } })
    expect(again).toMatchObject({ created: true, eventType: { version: 3, versions: [{ version: 3 }] } })
    const nowhere = await request(
      server.url,
      'mutation { removeEventType(input: { queue: "nowhere", type: "x" }) { removed } }',
    )
    expect(nowhere.errors?.[0]?.extensions).toEqual({ code: 'QUEUE_NOT_FOUND', field: 'queue' })
  })

  test.each(['through the API', "by PgQ's own function"])(
    'do not outlive their queue, dropped %s',
    async (how) => {
      await createQueue('short')
      const before = await register({ queue: 'short', type: 'created', schema: order, enforce: true })
      if (how === 'through the API') await run('mutation { dropQueue(input: { name: "short" }) { dropped } }')
      else {
        const client = await server.fixture.connect()
        await client.query(`select pgq.drop_queue('short')`)
        await client.end()
      }
      expect((await run('{ eventType(queue: "short", type: "created") { id } }')).eventType).toBeNull()
      await createQueue('short')
      expect((await run('{ eventTypes(queue: "short") { id } }')).eventTypes).toEqual([])
      const { created, eventType } = await register({ queue: 'short', type: 'created', schema: order })
      expect({ created, version: eventType.version, enforced: eventType.enforced }).toEqual({
        created: true,
        // A client that knows the older queue's type must not mistake this one for it.
        version: before.eventType.version + 1,
        enforced: false,
      })
      await run('mutation { dropQueue(input: { name: "short" }) { dropped } }')
    },
  )

  test('registered by many at the same moment get each version once', async () => {
    await createQueue('race')
    const results = await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        register({ queue: 'race', type: 'created', schema: { ...order, title: `Order ${n}` } }),
      ),
    )
    expect(results.map((each) => each.created)).toEqual(Array(5).fill(true))
    const { eventType } = await run(
      '{ eventType(queue: "race", type: "created") { version versions { version } } }',
    )
    expect(eventType).toEqual({
      version: 5,
      versions: [5, 4, 3, 2, 1].map((version) => ({ version })),
    })
  })

  describe('get a new version', () => {
    const string = { type: 'object', properties: { a: { type: 'string' } } }
    const number = { type: 'object', properties: { a: { type: 'number' } } }
    const empty = { type: 'object' }
    const codeOf = async (type: string, schema: Data, force = false) => {
      const input = { queue: 'other', type, schema, force }
      const { data, errors } = await request(server.url, registration, { input })
      return errors?.[0]?.extensions.code ?? `version ${data?.registerEventType.eventType.version}`
    }

    test('only if it breaks no reader, unless it is forced', async () => {
      expect(await codeOf('forced', string)).toBe('version 1')
      expect(await codeOf('forced', number)).toBe('INCOMPATIBLE_SCHEMA')
      expect(await codeOf('forced', number, true)).toBe('version 2')
      expect(await codeOf('forced', string)).toBe('INCOMPATIBLE_SCHEMA')
      expect(await codeOf('forced', { ...number, title: 'Numbers' })).toBe('version 3')
    })

    test('only if it breaks no reader of an older version either', async () => {
      expect(await codeOf('older', string)).toBe('version 1')
      expect(await codeOf('older', empty)).toBe('version 2')
      const input = { queue: 'other', type: 'older', schema: number }
      const { errors } = await request(server.url, registration, { input })
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining('/properties/a/type was string, and is number (since version 1)'),
        extensions: { code: 'INCOMPATIBLE_SCHEMA', field: 'schema' },
      })
      expect(await codeOf('older', number, true)).toBe('version 3')
      expect(await codeOf('older', empty)).toBe('version 4')
      expect(await codeOf('older', number)).toBe('version 5')
    })
  })
})
