import type { ServerResponse } from 'node:http'
import type { GatewayHealth } from '../gateway/gateway.ts'
import { setAnswerHeaders } from '../transports/answer-headers.ts'

/** Says with 200 that the process answers. */
export function answerLive(response: ServerResponse): void {
  send(response, 200, { status: 'live' })
}

/**
 * Answers 200, or 503 where the gateway is not ready.
 *
 * @param shows Says whether who asks is told of the health of a database: it names queues.
 */
export function answerReady(
  response: ServerResponse,
  { isReady, databases }: GatewayHealth,
  shows: (database: string) => boolean,
): void {
  const shown = databases.filter(({ name }) => shows(name))
  const status = isReady ? 'ready' : 'not ready'
  send(response, isReady ? 200 : 503, shown.length > 0 ? { status, databases: shown } : { status })
}

function send(response: ServerResponse, status: number, body: object): void {
  setAnswerHeaders(response)
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}
