import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

/** A WebSocket server that says what a test tells it, for what a real one never does. */
export interface GatewayDouble extends AsyncDisposable {
  readonly url: string
  /** Messages of the clients, parsed, in the order of their arrival. */
  readonly heard: { type: string; id?: string; payload?: unknown }[]
  readonly sockets: Set<WebSocket>
}

type Answer = (message: { type: string; id?: string; payload?: unknown }, socket: WebSocket) => void

/** Acknowledges connections by itself, unless `answer` is told of `connection_init`. */
export async function startGatewayDouble(
  answer: Answer,
  { protocol = 'graphql-transport-ws' as string | false, acknowledges = true } = {},
): Promise<GatewayDouble> {
  const listener = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => protocol })
  await new Promise<void>((resolve) => listener.once('listening', resolve))
  const heard: GatewayDouble['heard'] = []
  listener.on('connection', (socket) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data))
      heard.push(message)
      if (acknowledges && message.type === 'connection_init') socket.send('{"type":"connection_ack"}')
      else answer(message, socket)
    })
  })
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/graphql`,
    heard,
    sockets: listener.clients,
    async [Symbol.asyncDispose]() {
      for (const socket of listener.clients) socket.terminate()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
