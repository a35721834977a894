import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as immediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { UnsentBytes } from '../../src/memory/unsent.ts'
import { Payload } from '../../src/operations/payload.ts'
import { PayloadSender } from '../../src/transports/payload-sender.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { collectGarbage } from '../support/garbage.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer } from '../support/server.ts'

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  return socket
}

const subscription = 'subscription { ticks(queue: "q") { __typename } }'

test('a socket runs so many operations at once and no more, and others when some are complete', async () => {
  await using server = await startTestServer({ limits: { maxOperationsPerSocket: 3 } })
  await requestData(server.url, 'mutation { createQueue(input: { name: "q" }) { created } }')
  const socket = await openSocket(server.url)
  const errors: { id: string; payload: { extensions: { code: string } }[] }[] = []
  const others: unknown[] = []
  socket.on('message', (data) => {
    const message = JSON.parse(String(data))
    if (message.type === 'error') errors.push(message)
    else others.push(message)
  })
  const subscribe = (id: string, query = subscription) =>
    socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query } }))
  for (const id of ['1', '2', '3', '4']) subscribe(id)
  await until(() => errors.length > 0, 'a refusal')
  expect(errors.map(({ id, payload }) => [id, payload[0]?.extensions.code])).toEqual([
    ['4', 'LIMIT_EXCEEDED'],
  ])
  socket.send('{"id":"2","type":"complete"}')
  // The server may not be done with the end of the second when the next comes.
  let tries = 0
  await until(() => {
    subscribe(`try ${tries++}`, '{ __typename }')
    return others.length > 0
  }, 'an answer')
  socket.terminate()
})

test('sockets that read nothing share the bytes of a large message', { timeout: 60_000 }, async () => {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`
  const clients: WebSocket[] = []
  for (let n = 0; n < 20; n++) {
    const client = new WebSocket(url)
    const [server] = (await once(sockets, 'connection')) as [WebSocket]
    client.on('error', () => {})
    if (client.readyState !== client.OPEN) await once(client, 'open')
    client.pause()
    clients.push(client)
    Object.assign(client, { server })
  }
  const payload = new Payload({ data: { text: 'ü'.repeat(5_000_000) } })
  expect(payload.bytes.length).toBeGreaterThan(10_000_000)
  const held = () => {
    collectGarbage()
    return process.memoryUsage().arrayBuffers
  }
  const before = held()
  const sent = clients.map((client) => {
    const { server } = client as WebSocket & { server: WebSocket }
    const sender = new PayloadSender(
      { pipe: () => {}, return: async () => {} },
      { socket: server, client: 'c', id: 'x', unsent: new UnsentBytes(100_000_000) },
    )
    return sender.give(payload)
  })
  await immediate()
  expect(held() - before).toBeLessThan(payload.bytes.length)
  const [first] = clients
  const received = first && once(first, 'message')
  first?.resume()
  const [data] = (await withDeadline(received ?? Promise.reject(), 'the message')) as [Buffer]
  expect(JSON.parse(String(data))).toEqual({ id: 'x', type: 'next', payload: JSON.parse(payload.json) })
  await sent[0]
  for (const client of clients) client.terminate()
  sockets.close()
  http.close()
})
