import { WebSocket } from 'ws'
import { type ClientOptions, createClient, type PgqClient, webSocket } from '../../src/index.ts'

interface Over {
  name: string
  createClient(options: ClientOptions): PgqClient
}

/** For `describe.each`: what a client does must not depend on how it is connected. */
export const transports: readonly Over[] = [
  { name: 'HTTP and SSE', createClient },
  {
    name: 'WebSocket',
    createClient: (options) => createClient({ ...options, transport: webSocket({ webSocket: WebSocket }) }),
  },
]
