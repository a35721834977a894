import type { ServerResponse } from 'node:http'
import { setAnswerHeaders } from '../transports/answer-headers.ts'

/** Answers with a sentence for people. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  setAnswerHeaders(response)
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}
