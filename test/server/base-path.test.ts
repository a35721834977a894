import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/deadline.ts'
import { requestData, subscribe, transports } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ basePath: '/our/queues/' })
})
afterAll(() => server[Symbol.asyncDispose]())

test('the API is served below the base path, on every transport', async () => {
  expect(new URL(server.url).pathname).toBe('/our/queues/graphql')
  expect(await requestData(server.url, '{ __typename }')).toEqual({ __typename: 'Query' })
  for (const transport of transports) {
    await using subscription = subscribe(
      transport,
      server.url,
      'subscription { tail(queue: "q") { __typename } }',
    )
    expect((await subscription.next()).errors?.[0]?.extensions.code).toBe('QUEUE_NOT_FOUND')
  }
})

test.each([
  ['/our/queues/', 200],
  ['/our/queues', 302],
  ['/our/queues/db/main/queues/orders', 200],
  ['/our/queues/health/live', 200],
  ['/health/live', 200],
  ['/', 404],
  ['/graphql', 404],
  ['/our/queues/nothing', 404],
])('%s is answered with %i', async (path, status) => {
  const answer = await fetch(new URL(path, server.url), { redirect: 'manual' })
  expect(answer.status).toBe(status)
  if (status === 302) expect(answer.headers.get('location')).toBe('/our/queues/')
  if (status === 404) expect(await answer.text()).toContain('/our/queues/graphql')
})

test('readiness is told below the base path and at the root', async () => {
  for (const path of ['/our/queues/health/ready', '/health/ready']) {
    await until(async () => (await fetch(new URL(path, server.url))).ok, 'readiness')
  }
})

test('the base path leads to GraphiQL where the dashboard is off', async () => {
  await using server = await startTestServer({ basePath: '/our/queues/', dashboard: false })
  const page = await fetch(new URL('/our/queues', server.url), { headers: { accept: 'text/html' } })
  expect(page.url).toBe(server.url)
  expect(await page.text()).toContain('<title>pgq-graphql</title>')
})
