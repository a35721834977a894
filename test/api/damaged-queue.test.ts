import { describe, expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'
import { createTestDatabase, eachEngine } from '../support/database.ts'
import { request, requestData, subscribe } from '../support/graphql.ts'
import { nextTailEvents } from '../support/read-events.ts'
import { startTestServer } from '../support/server.ts'

const drop = (force: boolean) =>
  `mutation { dropQueue(input: { name: "broken", force: ${force} }) { dropped } }`

describe.each(eachEngine)('on %s a queue', (engine) => {
  async function setUp() {
    const fixture = await createTestDatabase(engine)
    const server = await startTestServer({ fixture })
    for (const name of ['broken', 'whole']) {
      await requestData(
        server.url,
        `mutation { createQueue(input: { name: "${name}", tickerMaxLagSeconds: 0.01 }) { created }
        registerConsumer(input: { queue: "${name}", consumer: "c" }) { registered } }`,
      )
    }
    const admin = await fixture.connect()
    const found = await admin.query(`select queue_id from pgq.queue where queue_name = 'broken'`)
    return {
      url: server.url,
      databaseUrl: fixture.url,
      /** Runs a statement in which # stands for the broken queue's id. */
      run: async (statement: string) =>
        (await admin.query(statement.replaceAll('#', found.rows[0].queue_id))).rows,
      async [Symbol.asyncDispose]() {
        await admin.end()
        await server[Symbol.asyncDispose]()
        await fixture[Symbol.asyncDispose]()
      },
    }
  }

  test.each([
    ['the event table', 'alter table pgq.event_# rename to elsewhere', true],
    ['the event table and those of the rotation', 'drop table pgq.event_# cascade', false],
    ['a table of the rotation', 'drop table pgq.event_#_1', true],
    ['the name of a table of the rotation', 'alter table pgq.event_#_1 rename to "else where"', true],
    ['the sequence of events', 'drop sequence pgq.event_#_id_seq cascade', false],
    ['the sequence of ticks', 'drop sequence pgq.event_#_tick_seq', true],
  ])(
    'that has lost %s stops no other queue, says what it has lost, and can be dropped',
    async (_, damage, takesEvents) => {
      await using place = await setUp()
      await place.run(damage)
      await using tail = subscribe(
        'SSE',
        place.url,
        'subscription { tail(queue: "whole", after: 1) { ... on TickBatch { events { type } } } }',
      )
      await requestData(
        place.url,
        'mutation { insertEvent(input: { queue: "whole", type: "x" }) { eventId } }',
      )
      expect(await nextTailEvents(tail)).toEqual([{ type: 'x' }])
      const published = await request(
        place.url,
        'mutation { insertEvent(input: { queue: "broken", type: "x" }) { eventId } }',
      )
      if (takesEvents) expect(published.errors).toBeUndefined()
      else {
        const message = expect.stringMatching(
          /^Queue "?broken"? is damaged and takes no events; restore what is missing \(pgq.event_\d+.*\), or /,
        )
        expect(published.errors).toMatchObject([
          { message, extensions: { code: 'QUEUE_DISABLED', field: 'queue' } },
        ])
      }
      const { stdout } = await runCli(['status'], { environment: { DATABASE_URL: place.databaseUrl } })
      expect(stdout).toMatch(/Queue broken: it has lost pgq\.event_/)
      const { queues } = await requestData(
        place.url,
        '{ queues(first: 9) { nodes { name eventsPerSecond lastTickId } } }',
      )
      expect(queues.nodes.map((queue: { name: string }) => queue.name)).toEqual(['broken', 'whole'])
      expect((await request(place.url, drop(false))).errors?.[0]?.extensions?.code).toBe(
        'QUEUE_HAS_CONSUMERS',
      )
      expect(await request(place.url, drop(true))).toEqual({ data: { dropQueue: { dropped: true } } })
      expect(
        await place.run(`select relname from pg_class where relname ~ '^event_#(_|$)' and relkind <> 'i'`),
      ).toEqual([])
    },
  )

  test('whose tables were renamed is dropped without them and their events', async () => {
    await using place = await setUp()
    await requestData(
      place.url,
      'mutation { insertEvent(input: { queue: "broken", type: "x" }) { eventId } }',
    )
    await place.run('alter table pgq.event_# rename to kept')
    for (const leaf of ['0', '1', '2'])
      await place.run(`alter table pgq.event_#_${leaf} rename to kept_${leaf}`)
    expect(await request(place.url, drop(true))).toEqual({ data: { dropQueue: { dropped: true } } })
    expect(await place.run('select ev_type from pgq.kept')).toEqual([{ ev_type: 'x' }])
  })
})
