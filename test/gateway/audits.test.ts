import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestGateway, listen, serverOf } from './mounted.ts'

let mounted: Awaited<ReturnType<typeof createTestGateway>>
let server: Awaited<ReturnType<typeof listen>>
beforeAll(async () => {
  mounted = await createTestGateway()
  server = await listen(serverOf(mounted.gateway))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await mounted[Symbol.asyncDispose]()
})

/** The reference implementation's checks of GraphQL over HTTP; their ids keep their meaning. */
const audits = serverAudits({ url: () => server.url, fetchFn: fetch })

test('there are as many audits as ever', () => {
  expect(audits).toHaveLength(61)
})

test.each(audits)('$id: $name', async (audit) => {
  expect(await audit.fn()).toMatchObject({ status: 'ok' })
})
