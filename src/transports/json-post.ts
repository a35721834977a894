import type { IncomingMessage, ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import { loopTurns } from '../async/loop-turns.ts'
import type { Sender } from '../caller.ts'
import type { PreparedOperation, Refusal } from '../operations/operations.ts'
import { Payload, sseParts } from '../operations/payload.ts'
import { PayloadStream } from '../operations/payload-stream.ts'
import { parseBody } from './body-text.ts'
import { clientOf, countUnsent } from './clients.ts'
import { sendEvents } from './event-stream.ts'
import { headersOf, needsStream, statusOf } from './http-status.ts'
import { isRefusal, pathOf, type TransportParts } from './transport.ts'

/**
 * Makes a handler for a POST of JSON, which nearly every request is; it takes a fifth of the time of a general HTTP
 * layer. The headers alone decide which requests it takes.
 *
 * @returns A function that returns false, and does nothing, for other requests.
 */
export function createJsonPost(
  parts: TransportParts,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { operations, identify, maxRequestBytes, maxRequestObjects, path, largeRequests } = parts

  const answer = async (request: IncomingMessage, response: ServerResponse, accepted: AcceptedTypes) => {
    const body = await readBody(request)
    // The client has left; nothing is to be answered.
    if (body === null) return
    await largeRequests.begin(response, clientOf(request), body)
    if (body.length > LONG_PARSE_BYTES) await loopTurns.next()
    const parameters = parse(body, maxRequestObjects)
    if (parameters instanceof GraphQLError) {
      sendRefusal(operations.refuse([parameters], true), accepted, response)
      return
    }
    const sender = await identify(request)
    const prepared = await operations.receive(parameters, sender)
    await send(prepared, sender, accepted, response, parts)
  }

  /** Answers refused credentials, and bugs; errors of an operation are part of its result. */
  const fail = (error: unknown, accepted: AcceptedTypes, response: ServerResponse) => {
    if (response.headersSent) response.destroy()
    else sendRefusal(operations.refuse([error]), accepted, response)
  }

  return (request, response) => {
    const accepted = isPlainPost(request, path, maxRequestBytes) ? readAccept(request.headers.accept) : null
    if (!accepted) return false
    answer(request, response, accepted).catch((error: unknown) => fail(error, accepted, response))
    return true
  }
}

async function send(
  prepared: PreparedOperation | Refusal,
  sender: Sender,
  accepted: AcceptedTypes,
  response: ServerResponse,
  { onStream, memory: { unsent } }: TransportParts,
): Promise<void> {
  if (isRefusal(prepared)) return sendRefusal(prepared, accepted, response)
  if (prepared.type !== 'subscription') {
    const result = await prepared.execute({ isWanted: () => !response.destroyed, sender })
    if (accepted.json) sendJson(200, JSON.stringify(result), accepted.json, response)
    else sendEvent(200, new Payload(result), response)
    countUnsent(response, unsent)
    return
  }
  if (!accepted.events) {
    sendJson(406, JSON.stringify({ errors: [needsStream] }), accepted.json, response)
    return
  }
  const payloads = await prepared.subscribe(sender)
  if (payloads instanceof PayloadStream) {
    onStream(response)
    sendEvents(payloads, response, unsent)
    // The accepted subscription found its arguments wrong, so the error is sent in a stream.
  } else sendEvent(200, new Payload({ errors: payloads.errors }), response)
}

function sendRefusal(refusal: Refusal, accepted: AcceptedTypes, response: ServerResponse): void {
  const { errors } = refusal
  response.setHeaders(new Map(Object.entries(headersOf(refusal))))
  if (accepted.json) {
    sendJson(statusOf(refusal, accepted.json), JSON.stringify({ errors }), accepted.json, response)
  } else {
    sendEvent(statusOf(refusal, 'text/event-stream'), new Payload({ errors }), response)
  }
}

/** Sends a single result to a client that accepts nothing but a stream. */
function sendEvent(status: number, payload: Payload, response: ServerResponse): void {
  response.writeHead(status, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.write(':\n\n')
  response.write(sseParts.start)
  response.write(payload.bytes)
  response.write(sseParts.end)
  response.end('event: complete\ndata:\n\n')
}

function sendJson(status: number, text: string, contentType: string | null, response: ServerResponse): void {
  // What a client is slow to read is kept as bytes alone.
  const body = text.length > LARGE_TEXT ? Buffer.from(text) : text
  response.writeHead(status, {
    'content-type': `${contentType}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}

/** Answers above this size are sent as bytes (characters). */
const LARGE_TEXT = 1_000_000

function isPlainPost(request: IncomingMessage, path: string, maxBytes: number): boolean {
  const { method, headers } = request
  const length = Number(headers['content-length'])
  return (
    method === 'POST' &&
    (headers['content-type'] === 'application/json' ||
      headers['content-type'] === 'application/json; charset=utf-8') &&
    headers['content-encoding'] === undefined &&
    length > 0 &&
    length <= maxBytes &&
    // A framework that has read the body sets this property.
    !('body' in request) &&
    pathOf(request) === path
  )
}

/** Bodies of more than this take a while to parse (bytes). */
const LONG_PARSE_BYTES = 16_384

/** The forms of an answer that a client accepts. */
interface AcceptedTypes {
  /** Content type of a single result; null when the client accepts none. */
  json: string | null
  /** Whether the client accepts a stream of results as SSE. */
  events: boolean
}

const jsonTypes = ['application/json', 'application/graphql-response+json']

/** Parses a simple `Accept` header. @returns Null for any other, which is left to the general handler. */
function readAccept(accept = '*/*'): AcceptedTypes | null {
  const types = accept.split(',').map((type) => type.trim())
  if (!types.every((type) => type === '*/*' || /^[a-z]+\/[a-z+-]+$/.test(type))) return null
  const json = types.find((type) => type === '*/*' || jsonTypes.includes(type)) ?? null
  const events = types.includes('text/event-stream')
  return json || events ? { json: json === '*/*' ? 'application/json' : json, events } : null
}

/** Reads the body. @returns Null when the client disconnects meanwhile. */
function readBody(request: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const onData = (chunk: Buffer) => chunks.push(chunk)
    const onEnd = () => settle(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
    const onGone = () => settle(null)
    const settle = (body: Buffer | null) => {
      // A stream that lasts for hours must not keep its request's body in memory.
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
      resolve(body)
    }
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone)
  })
}

function parse(body: Buffer, maxObjects: number): unknown {
  try {
    return parseBody(body, maxObjects)
  } catch (error) {
    if (error instanceof GraphQLError) return error
    throw error
  }
}
