import { describe, expect, it } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { availableEngines, createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { request, requestData } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { shiftTransactionIds } from '../support/shift-transaction-ids.ts'

const tick = 'mutation { tick(input: { queue: "q" }) { tickId } }'
const publish = 'mutation { insertEvent(input: { queue: "q", type: "t", data: "new" }) { eventId } }'

async function health(server: TestServer) {
  const response = await fetch(new URL('/health/ready', server.url))
  const { databases } = (await response.json()) as { databases: { reasons: string[] }[] }
  return {
    status: response.status,
    problem: databases[0]?.reasons.find((reason) => reason.includes('--repair')) ?? null,
  }
}

describe.each(availableEngines)('on %s', (engine) => {
  it('a gateway over a restored dump is not ready and says why, keeps what is published, and delivers it once it is repaired', async () => {
    await using fixture = await createTestDatabase(engine)
    const client = await fixture.connect()
    try {
      await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
      await client.query(`select pgq.insert_event('q', 't', 'old')`)
      await shiftTransactionIds(client, 7n << 32n)
      await using server = await startTestServer({ fixture })
      await until(() => server.gateway.health().databases[0]?.listening, 'notices')
      expect(await health(server)).toEqual({
        status: 503,
        problem: expect.stringMatching(/in the queues q are higher than the server's.*install --repair/),
      })
      const { errors } = await request(server.url, tick)
      expect(errors?.[0]).toMatchObject({
        message: expect.stringMatching(/^Transaction ids in queue "q".*install --repair/),
        extensions: { code: 'UNAVAILABLE' },
      })
      await until(() => server.database.ticker?.status.lastError, 'the reason')
      expect(await requestData(server.url, '{ databases { ticker { state lastError } } }')).toEqual({
        databases: [
          { ticker: { state: 'STARTING', lastError: expect.stringContaining('install --repair') } },
        ],
      })
      await requestData(server.url, publish)
      await installEngine(client, { engine: 'auto', repair: true })
      await until(async () => (await health(server)).status === 200, 'readiness')
      await until(
        async () => (await client.query('select from pgq.tick where tick_id > 1')).rowCount !== 0,
        'a tick',
      )
      const { rows } = await client.query(
        `select ev_data from pgq.get_batch_events((select pgq.next_batch('q', 'c'))) order by ev_id`,
      )
      expect(rows.map((row) => row.ev_data)).toEqual(['old', 'new'])
    } finally {
      await client.end()
    }
  })

  it.each([true, false])(
    'a database that is exchanged under a gateway (ticker: %s) is found out when its session is lost, and when it is to be ticked',
    async (ticker) => {
      await using server = await startTestServer({ engine, ticker })
      const client = await server.fixture.connect()
      try {
        await client.query(`select pgq.create_queue('q')`)
        await until(async () => (await health(server)).status === 200, 'readiness')
        await shiftTransactionIds(client, 7n << 32n)
        if (ticker) await client.query(`select pgq.insert_event('q', 't', 'd')`)
        else await request(server.url, tick)
        await until(async () => (await health(server)).status === 503, 'the end of readiness')
        await installEngine(client, { engine: 'auto', repair: true })
        await until(async () => (await health(server)).status === 200, 'readiness')

        await shiftTransactionIds(client, 7n << 32n)
        await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name like 'pgq-graphql/gateway %'`)
        await until(async () => (await health(server)).problem !== null, 'the end of readiness')
      } finally {
        await client.end()
      }
    },
  )
})
