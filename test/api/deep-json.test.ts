import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { request, requestData, transports } from '../support/graphql.ts'
import { nextTailEvents, tailFromNow } from '../support/read-events.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await requestData(server.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
})
afterAll(() => server[Symbol.asyncDispose]())

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

/** Posts variables given as text, because JSON.stringify cannot nest that deep. */
async function post(query: string, variables: string, accept = 'application/json'): Promise<Response> {
  return fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
  })
}

const insert = 'mutation ($input: InsertEventInput!) { insertEvent(input: $input) { eventId } }'

test('an event of json nested 1,001 deep is BAD_INPUT, however much deeper it is', async () => {
  for (const depth of [1_001, 10_000, 200_000]) {
    const response = await post(insert, `{"input":{"queue":"q","json":${nested(depth)}}}`)
    const { errors } = await response.json()
    expect(errors[0].extensions).toEqual({ code: 'BAD_INPUT', field: 'json' })
  }
  const list = await post(
    'mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }',
    `{"input":{"queue":"q","events":[{"type":"x"},{"json":${nested(1_001)}}]}}`,
  )
  expect((await list.json()).errors[0].extensions.field).toBe('events[1].json')
})

describe.each(transports)('over %s', (transport) => {
  test.each([
    ['1,000 deep', `{"]\\"[":${nested(999)}}`, true],
    ['1,001 deep', `{"]\\"[":${nested(1_000)}}`, false],
    ['100,000 deep', nested(100_000), false],
    ['a long text of brackets', `"${'[\\\\\\"'.repeat(2_000)}"`, true],
    ['a text of brackets without an end', `"${'['.repeat(5_000)}`, false],
  ])('an event whose data is %s is delivered, with or without its json', async (_, data, hasJson) => {
    await using tail = await tailFromNow(transport, server.url, 'data json')
    await requestData(server.url, insert, { input: { queue: 'q', data } })
    const events = await nextTailEvents(tail)
    expect(events[0]?.data).toBe(data)
    expect(events[0]?.json).toEqual(hasJson ? JSON.parse(data) : null)
  })
})

test('variables that no document can use may be nested as deep as they like', async () => {
  const events = await post(
    'subscription { tail(queue: "none") { __typename } }',
    `{"x":${nested(100_000)}}`,
    'text/event-stream',
  )
  expect(await events.text()).toContain('QUEUE_NOT_FOUND')
  const query = await post('{ __typename }', `{"x":${nested(100_000)}}`)
  expect(await query.json()).toEqual({ data: { __typename: 'Query' } })
  expect(await request(server.url, '{ __typename }')).toEqual({ data: { __typename: 'Query' } })
})
