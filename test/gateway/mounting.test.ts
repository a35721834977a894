import { createServer } from 'node:http'
import express from 'express'
import fastify from 'fastify'
import { createYoga } from 'graphql-yoga'
import { expect, test } from 'vitest'
import { requestData, subscribe, transports } from '../support/graphql.ts'
import { createTestGateway, listen, serverOf } from './mounted.ts'

const publish = 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }'
const tail = 'subscription { tail(queue: "q") { ... on TickBatch { events { type } } } }'

/** Publishes and hears of it, over each of these transports. */
async function expectWorking(url: string, over: readonly (typeof transports)[number][]): Promise<void> {
  for (const transport of over) {
    await using stream = subscribe(transport, url, tail)
    const message = stream.nextData(10_000)
    // The tail may begin after the first of these.
    let isOver = false
    const publishing = (async () => {
      while (!isOver) await requestData(url, publish)
    })()
    const { tail: batch } = await message.finally(() => {
      isOver = true
    })
    expect(batch.events[0]).toEqual({ type: 'x' })
    await publishing
  }
}

test('it works in node:http', async () => {
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  await expectWorking(server.url, transports)
})

test('it works in Express, mounted at its path and before parsers of bodies', async () => {
  await using t = await createTestGateway()
  const app = express()
  app.use('/graphql', (request, response) => t.gateway.handle(request, response))
  app.use(express.json())
  const http = createServer(app)
  http.on('upgrade', (request, socket, head) => t.gateway.upgrade(request, socket, head))
  await using server = await listen(http)
  await expectWorking(server.url, transports)
})

test('it works in Express behind a parser of bodies', async () => {
  await using t = await createTestGateway()
  const app = express()
  app.use(express.json())
  app.use('/graphql', (request, response) => t.gateway.handle(request, response))
  await using server = await listen(createServer(app))
  await expectWorking(server.url, ['SSE'])
})

test('it works in Fastify', async () => {
  await using t = await createTestGateway()
  const app = fastify()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.all('/graphql', (request, reply) => {
    reply.hijack()
    t.gateway.handle(request.raw, reply.raw)
  })
  await app.ready()
  app.server.on('upgrade', (request, socket, head) => t.gateway.upgrade(request, socket, head))
  await using server = await listen(app.server)
  await expectWorking(server.url, transports)
})

test('its schema works in a Yoga of one’s own, with codes on errors', async () => {
  await using t = await createTestGateway()
  const yoga = createYoga({
    schema: t.gateway.schema,
    context: () => t.gateway.contextFor(),
    maskedErrors: { maskError: (error) => t.gateway.maskError(error) },
    logging: false,
  })
  await using server = await listen(createServer((request, response) => void yoga(request, response)))
  await expectWorking(server.url, ['SSE'])
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: publish.replace('"q"', '"none"') }),
  })
  const { errors } = await response.json()
  expect(errors[0].extensions).toEqual({ code: 'QUEUE_NOT_FOUND', field: 'queue' })
})

test('an upgrade elsewhere is refused, and the process goes on', async () => {
  await using t = await createTestGateway()
  await using server = await listen(serverOf(t.gateway))
  await using stream = subscribe('WebSocket', server.url.replace('/graphql', '/other'), tail)
  await expect(stream.next()).rejects.toBeDefined()
  expect((await requestData(server.url, '{ queue(name: "q") { name } }')).queue).toEqual({ name: 'q' })
})
