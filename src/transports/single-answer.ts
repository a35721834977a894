import type { ServerResponse } from 'node:http'
import { Payload, sseParts } from '../operations/payload.ts'
import type { Refusal } from '../operations/prepared-operation.ts'
import { answerHeaders } from './answer-headers.ts'
import { headersOf, statusOf } from './http-status.ts'

/** The forms of an answer that a client accepts. */
export interface AcceptedTypes {
  /** Content type of a single result; null when the client accepts none. */
  json: string | null
  /** Whether the client accepts a stream of results as SSE. */
  events: boolean
}

const jsonTypes = ['application/json', 'application/graphql-response+json']

/** Parses a simple `Accept` header. @returns Null for any other, which is left to the general handler. */
export function readAccept(accept = '*/*'): AcceptedTypes | null {
  const types = accept.split(',').map((type) => type.trim())
  if (!types.every((type) => type === '*/*' || /^[a-z]+\/[a-z+-]+$/.test(type))) return null
  const json = types.find((type) => type === '*/*' || jsonTypes.includes(type)) ?? null
  const events = types.includes('text/event-stream')
  return json || events ? { json: json === '*/*' ? 'application/json' : json, events } : null
}

/** Says why a request is not run. */
export function sendRefusal(refusal: Refusal, accepted: AcceptedTypes, response: ServerResponse): void {
  const { errors } = refusal
  response.setHeaders(new Map(Object.entries(headersOf(refusal))))
  if (accepted.json) {
    sendJson(statusOf(refusal, accepted.json), JSON.stringify({ errors }), accepted.json, response)
  } else {
    sendEvent(statusOf(refusal, 'text/event-stream'), new Payload({ errors }), response)
  }
}

/** Sends a single result to a client that accepts nothing but a stream. */
export function sendEvent(status: number, payload: Payload, response: ServerResponse): void {
  response.writeHead(status, [
    ...answerHeaders(response),
    ...['content-type', 'text/event-stream'],
    ...['cache-control', 'no-cache'],
  ])
  response.write(':\n\n')
  response.write(sseParts.start)
  response.write(payload.bytes)
  response.write(sseParts.end)
  response.end('event: complete\ndata:\n\n')
}

export function sendJson(
  status: number,
  text: string,
  contentType: string | null,
  response: ServerResponse,
): void {
  // What a client is slow to read is kept as bytes alone.
  const body = text.length > LARGE_TEXT ? Buffer.from(text) : text
  response.writeHead(status, [
    ...answerHeaders(response),
    ...['content-type', `${contentType}; charset=utf-8`],
    ...['content-length', String(Buffer.byteLength(body))],
    ...['cache-control', 'no-store'],
  ])
  response.end(body)
}

/** Answers above this size are sent as bytes (characters). */
const LARGE_TEXT = 1_000_000
