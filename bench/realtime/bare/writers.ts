import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPubSub, createSchema, createYoga } from 'graphql-yoga'
import { type WebSocket, WebSocketServer } from 'ws'

/**
 * Pushes the same bytes to every subscriber without the gateway: `res.write` and `socket.send` in a loop, and Yoga with
 * its own `createPubSub`. The body of `POST /send` is the payload.
 */
const responses = new Set<ServerResponse>()
const webSockets = new WebSocketServer({ noServer: true })
const sockets = new Set<WebSocket>()
const pubSub = createPubSub<{ message: [object] }>()

const yoga = createYoga({
  logging: false,
  schema: createSchema({
    typeDefs: `
      type Query { x: Int }
      type Event { eventId: String! data: String }
      type Batch { tickId: String! isComplete: Boolean! events: [Event!]! }
      type Subscription { tail: Batch! }`,
    resolvers: {
      Subscription: {
        tail: { subscribe: () => pubSub.subscribe('message'), resolve: (message: object) => message },
      },
    },
  }),
})

function send(payload: string): void {
  const event = Buffer.from(`event: next\ndata: ${payload}\n\n`)
  for (const response of responses) response.write(event)
  const message = `{"id":"1","type":"next","payload":${payload}}`
  for (const socket of sockets) socket.send(message)
  pubSub.publish('message', JSON.parse(payload).data.tail)
}

const server = createServer((request, response) => {
  if (request.url === '/graphql') return void yoga(request, response)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    if (request.url === '/send') {
      send(Buffer.concat(chunks).toString())
      response.end('{}')
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(':\n\n')
    responses.add(response)
    response.on('close', () => responses.delete(response))
  })
})
server.on('upgrade', (request, socket, head) =>
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    // The exchange is that of graphql-transport-ws, so that both servers have the same readers.
    webSocket.on('message', (data) => {
      if (String(data).includes('connection_init')) webSocket.send('{"type":"connection_ack"}')
      else sockets.add(webSocket)
    })
    webSocket.on('close', () => sockets.delete(webSocket))
  }),
)
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
