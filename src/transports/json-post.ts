import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { GraphQLError } from 'graphql'
import { type Operations, readParameters } from '../operations/operations.ts'
import { sendEvents } from './event-stream.ts'
import { graphqlPath } from './yoga.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/**
 * The short way for what nearly every request is: a POST of JSON with an operation that is well-formed and valid. It
 * gives the answers that the full handler would give, for a fifth of the time. All else goes to that handler with
 * nothing done yet, whatever the reason, so that there is one place that explains errors.
 */
export function createJsonPost(options: {
  operations: Operations
  maxRequestBytes: number
  /** Answers everything. */
  fullHandler: Listener
  toClientError: (error: unknown) => GraphQLError
}): Listener {
  const { operations, maxRequestBytes, fullHandler, toClientError } = options

  /** @returns False, with nothing done, for what does not belong here. */
  const run = async (body: Buffer, accepted: AcceptedTypes, response: ServerResponse): Promise<boolean> => {
    const parameters = parse(body)
    const operation = parameters && operations.find(parameters)
    if (!operation) return false
    if (operation.type === 'subscription') {
      const payloads = accepted.events ? await operations.subscribe(operation, parameters.variables) : null
      if (payloads) sendEvents(payloads, response)
      return payloads !== null
    }
    const result = accepted.json ? await operations.execute(operation, parameters.variables) : null
    if (result) sendJson(JSON.stringify(result), accepted.json, response)
    return result !== null
  }

  const answer = async (request: IncomingMessage, response: ServerResponse, accepted: AcceptedTypes) => {
    const body = await readBody(request)
    // Null: the client is gone.
    if (body === null || (await run(body, accepted, response))) return
    // Where the handler's library looks for a body that was read already.
    Object.assign(request, { body: Readable.from([body]) })
    fullHandler(request, response)
  }

  /** What an operation throws is part of its result: this is for bugs around it. */
  const fail = (error: unknown, response: ServerResponse) => {
    const result = { errors: [toClientError(error)] }
    if (response.headersSent) response.destroy()
    else sendJson(JSON.stringify(result), 'application/json', response)
  }

  return (request, response) => {
    const accepted = isPlainPost(request, maxRequestBytes) ? readAccept(request.headers.accept) : null
    if (accepted) answer(request, response, accepted).catch((error: unknown) => fail(error, response))
    else fullHandler(request, response)
  }
}

function sendJson(text: string, contentType: string | null, response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': `${contentType}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  response.end(text)
}

function isPlainPost({ method, url, headers }: IncomingMessage, maxBytes: number): boolean {
  const length = Number(headers['content-length'])
  return (
    method === 'POST' &&
    url === graphqlPath &&
    (headers['content-type'] === 'application/json' ||
      headers['content-type'] === 'application/json; charset=utf-8') &&
    headers['content-encoding'] === undefined &&
    length > 0 &&
    length <= maxBytes
  )
}

/** What an answer may be. */
interface AcceptedTypes {
  /** The content type of one result; null when the client takes none. */
  json: string | null
  /** It takes a stream of results as SSE. */
  events: boolean
}

const jsonTypes = ['application/json', 'application/graphql-response+json']

/** Null for what the full handler must make sense of: parameters, capitals, … */
function readAccept(accept = '*/*'): AcceptedTypes | null {
  const types = accept.split(',').map((type) => type.trim())
  if (!types.every((type) => type === '*/*' || /^[a-z]+\/[a-z+-]+$/.test(type))) return null
  const json = types.find((type) => type === '*/*' || jsonTypes.includes(type)) ?? null
  return { json: json === '*/*' ? 'application/json' : json, events: types.includes('text/event-stream') }
}

function readBody(request: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const onData = (chunk: Buffer) => chunks.push(chunk)
    const onEnd = () => settle(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
    const onGone = () => settle(null)
    const settle = (body: Buffer | null) => {
      // A stream of hours need not hold its request's body.
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
      resolve(body)
    }
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone)
  })
}

function parse(body: Buffer) {
  try {
    return readParameters(JSON.parse(body.toString()))
  } catch {
    return null
  }
}
