import { WebSocket } from 'ws'

/** Opens a WebSocket. @returns The status of the answer to its request. */
export function upgrade(url: string | URL, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers })
    socket.once('upgrade', ({ statusCode }) => {
      socket.terminate()
      resolve(statusCode)
    })
    socket.once('unexpected-response', (request, { statusCode }) => {
      request.destroy()
      resolve(statusCode)
    })
    socket.once('error', reject)
  })
}
