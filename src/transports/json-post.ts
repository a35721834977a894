import type { IncomingMessage, ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import { loopTurns } from '../async/loop-turns.ts'
import type { Sender } from '../caller.ts'
import { Payload } from '../operations/payload.ts'
import { PayloadStream } from '../operations/payload-stream.ts'
import type { PreparedOperation, Refusal } from '../operations/prepared-operation.ts'
import { parseBody } from './body-text.ts'
import { clientOf, countUnsent } from './clients.ts'
import { sendEvents } from './event-stream.ts'
import { needsStream } from './http-status.ts'
import { type AcceptedTypes, readAccept, sendEvent, sendJson, sendRefusal } from './single-answer.ts'
import { isRefusal, pathOf, type TransportParts } from './transport.ts'

/**
 * Makes a handler for a POST of JSON, which nearly every request is; it takes a fifth of the time of a general HTTP
 * layer. The headers alone decide which requests it takes.
 *
 * @returns A function that returns false, and does nothing, for other requests.
 */
export function createJsonPost(
  parts: TransportParts,
): (request: IncomingMessage, response: ServerResponse, sender: Sender) => boolean {
  const { operations, maxRequestBytes, maxRequestObjects, path, largeRequests } = parts

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    sender: Sender,
    accepted: AcceptedTypes,
  ) => {
    const body = await readBody(request)
    // The client has left; nothing is to be answered.
    if (body === null) return
    await largeRequests.begin(response, clientOf(request), body)
    if (body.length > LONG_PARSE_BYTES) await loopTurns.next()
    const parameters = parse(body, maxRequestObjects)
    const prepared =
      parameters instanceof GraphQLError
        ? operations.refuse([parameters], true)
        : await operations.receive(parameters, sender)
    await send(prepared, sender, accepted, response, parts)
  }

  /** Answers bugs, and what waited too long; errors of an operation are part of its result. */
  const fail = (error: unknown, accepted: AcceptedTypes, response: ServerResponse) => {
    if (response.headersSent) response.destroy()
    else sendRefusal(operations.refuse([error]), accepted, response)
  }

  return (request, response, sender) => {
    const accepted = isPlainPost(request, path, maxRequestBytes) ? readAccept(request.headers.accept) : null
    if (!accepted) return false
    answer(request, response, sender, accepted).catch((error: unknown) => fail(error, accepted, response))
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
  const payloads = await prepared.subscribe(sender, 'sse')
  if (payloads instanceof PayloadStream) {
    onStream(response)
    sendEvents(payloads, response, unsent)
    // The accepted subscription found its arguments wrong, so the error is sent in a stream.
  } else sendEvent(200, new Payload({ errors: payloads.errors }), response)
}

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
