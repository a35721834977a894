import { WebSocket } from 'ws'
import { until } from '../../../test/support/deadline.ts'
import { type ClientOptions, createClient, type WebSocketOptions, webSocket } from '../../src/index.ts'

/** `opened` has each connection that was made, `sent` the messages that were sent on them. */
export function socketClient(options: ClientOptions, socketOptions: WebSocketOptions = {}) {
  const opened: WebSocket[] = []
  const sent: string[] = []
  class CountedSocket extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol)
      opened.push(this)
    }
    override send(text: string): void {
      sent.push(text)
      super.send(text)
    }
  }
  const transport = webSocket({ webSocket: CountedSocket, ...socketOptions })
  return { client: createClient({ ...options, transport }), opened, sent }
}

export const ended = (socket: WebSocket | undefined) =>
  until(() => socket?.readyState === WebSocket.CLOSED, 'the end of the connection')
