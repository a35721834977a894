import { expect, test } from 'vitest'
import { until } from '../support/deadline.ts'
import { request, requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

const create = 'mutation { createQueue(input: { name: "q" }) { created } }'

test('PgQ that is dropped under a running gateway is put in place again, and is UNAVAILABLE meanwhile', async () => {
  await using server = await startTestServer()
  await requestData(server.url, create)
  const admin = await server.fixture.connect()
  try {
    await admin.query('drop schema pgq, pgq_coop, pgq_ext, pgq_gateway cascade')
    const codes = new Set<string>()
    await until(async () => {
      const { errors } = await request(server.url, '{ queue(name: "q") { name } }')
      for (const { extensions } of errors ?? []) codes.add(extensions.code)
      return !errors
    }, 'an answer')
    expect([...codes].filter((code) => code !== 'UNAVAILABLE')).toEqual([])
    expect(await requestData(server.url, create)).toEqual({ createQueue: { created: true } })
    await until(() => server.gateway.health().isReady, 'readiness')
    await requestData(server.url, 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }')
    await until(
      async () => (await admin.query('select from pgq.tick where tick_id > 1')).rowCount !== 0,
      'a tick',
    )
  } finally {
    await admin.end()
  }
})

test('one damaged queue does not make its database count as lost', async () => {
  await using server = await startTestServer()
  await requestData(server.url, create)
  await requestData(server.url, create.replace('"q"', '"other"'))
  const admin = await server.fixture.connect()
  try {
    await admin.query('alter table pgq.event_1 rename to gone')
    await admin.query('alter table pgq.event_1_0 rename to gone_0')
    await admin.query('alter table pgq.event_1_1 rename to gone_1')
    await request(server.url, 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }')
    expect(server.gateway.health().databases[0]?.installed).toBe(true)
    await requestData(
      server.url,
      'mutation { insertEvent(input: { queue: "other", type: "x" }) { eventId } }',
    )
  } finally {
    await admin.end()
  }
})
