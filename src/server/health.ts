import type { ServerResponse } from 'node:http'
import type { GatewayHealth } from '../gateway/gateway.ts'

export const livePath = '/health/live'
export const readyPath = '/health/ready'

/** Answers `/health/live` with 200, and `/health/ready` with 200 or 503 and the health of every database. */
export function answerHealth(path: string, response: ServerResponse, health: () => GatewayHealth): void {
  if (path === livePath) {
    send(response, 200, { status: 'live' })
    return
  }
  const { isReady, databases } = health()
  send(response, isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', databases })
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}
