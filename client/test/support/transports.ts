import { WebSocket } from 'ws'
import { type ClientOptions, createClient, type PgqClient, webSocket } from '../../src/index.ts'

export interface Over {
  name: string
  createClient(options: ClientOptions): PgqClient
}

/** Tests run over each of these with `describe.each`: a client behaves the same however it is connected. */
export const transports: readonly Over[] = [
  { name: 'HTTP and SSE', createClient },
  {
    name: 'WebSocket',
    createClient: (options) => createClient({ ...options, transport: webSocket({ webSocket: WebSocket }) }),
  },
]
