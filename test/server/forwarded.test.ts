import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { anybody } from '../../src/caller.ts'
import { clientOf } from '../../src/transports/clients.ts'
import { until } from '../support/deadline.ts'
import { sendBytes } from '../support/http.ts'
import { startTestServer } from '../support/server.ts'

/** Sends a request, and opens a WebSocket. @returns Whom the server took for their clients. */
async function clientsSeen(trustProxy: boolean, headers: Record<string, string>): Promise<string[]> {
  const clients: string[] = []
  const authenticate = (request: IncomingMessage) => {
    clients.push(clientOf(request))
    return anybody
  }
  await using server = await startTestServer({ trustProxy, authenticate })
  const json = { 'content-type': 'application/json' }
  await sendBytes(server.url, { headers: { ...json, ...headers }, body: '{"query":"{__typename}"}' })
  await sendBytes(`${server.url}?query={__typename}`, { method: 'GET', headers, body: '' })
  const socket = new WebSocket(server.url, 'graphql-transport-ws', { headers })
  socket.once('open', () => socket.send('{"type":"connection_init"}'))
  await until(() => clients.length === 3, 'three clients')
  socket.terminate()
  return clients
}

test.each<[string, boolean, Record<string, string>, string]>([
  ['no proxy', false, {}, '127.0.0.1'],
  ['somebody who is not trusted', false, { 'x-forwarded-for': '192.0.2.1' }, '127.0.0.1'],
  ['a proxy', true, { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
  ['a proxy, from a client that lies', true, { 'x-forwarded-for': '10.0.0.1, 192.0.2.1' }, '192.0.2.1'],
  ['a proxy that says nothing', true, {}, '127.0.0.1'],
])('limits count the right client behind %s', async (_, trustProxy, headers, client) => {
  expect(await clientsSeen(trustProxy, headers)).toEqual([client, client, client])
})
