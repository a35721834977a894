import { expect, test } from 'vitest'
import { readRevision } from '../../src/install/revision.ts'
import { availableEngines } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { request, requestData, subscribe } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

const finish = 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }'

test.each(availableEngines)(
  'a gateway on %s whose schemas a newer build replaces by what it does not work with lets go of everything, and says why',
  async (engine) => {
    await using server = await startTestServer({ engine })
    const { number, version } = await readRevision()
    const newer = await server.fixture.connect()
    await using _newer = { [Symbol.asyncDispose]: () => newer.end() }
    await requestData(
      server.url,
      `mutation { createQueue(input: { name: "q" }) { created } registerConsumer(input: { queue: "q", consumer: "c" }) { registered }
        insertEvent(input: { queue: "q", type: "x" }) { eventId } }`,
    )
    await using stream = subscribe(
      'SSE',
      server.url,
      'subscription { batches(input: { queue: "q", consumer: "c" }) { batchId leaseToken } }',
    )
    const input = (await stream.nextData()).batches

    await newer.query(`
      update pgq_gateway.schema_revision set number = ${number + 1}, compatible_from = ${number + 1}, version = '99.0.0';
      alter function pgq_gateway.finish_batch rename to settle_batch`)
    const { errors } = await request(server.url, finish, { input })
    expect(errors?.[0]?.extensions.code).toBe('UNAVAILABLE')
    expect((await stream.next()).errors?.[0]?.extensions.code).toBe('UNAVAILABLE')
    const reasons = () => server.gateway.health().databases.flatMap((database) => database.reasons)
    await until(() => reasons().length > 0 && reasons()[0]?.includes('99.0.0'), 'the reason')
    expect(reasons()).toEqual([
      `the database is not ready for use: The database has schema revision ${number + 1}, of version 99.0.0, which works with builds from ` +
        `revision ${number + 1} on; this one, of version ${version}, has ${number}. Use version 99.0.0 or later.`,
    ])
    const present = `select from pg_stat_activity where datname = current_database() and application_name ~ '/gateway '`
    await until(async () => (await newer.query(present)).rowCount === 0, 'the end of the presence')

    await newer.query(`
      alter function pgq_gateway.settle_batch rename to finish_batch;
      update pgq_gateway.schema_revision set number = ${number}, compatible_from = 1`)
    await until(() => server.gateway.health().isReady, 'readiness')
    expect(await requestData(server.url, finish, { input })).toEqual({ finishBatch: { finished: true } })
  },
)
