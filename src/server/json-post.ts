import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { type Operations, readParameters } from '../execution/operations.ts'
import { graphqlPath } from './graphql.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/**
 * The short way for what nearly every request is: a POST of JSON with a query or mutation that is well-formed and valid.
 * It gives the answers that the full handler would give, for a fifth of the time. All else goes to that handler with
 * nothing done yet, whatever the reason, so that there is one place that explains errors.
 */
export function createJsonPost(options: {
  operations: Operations
  maxRequestBytes: number
  /** Answers everything. */
  fullHandler: Listener
}): Listener {
  const { operations, maxRequestBytes, fullHandler } = options

  /** The answer's text, or null for what does not belong here. */
  const run = async (body: Buffer): Promise<string | null> => {
    const parameters = parse(body)
    const operation = parameters && operations.find(parameters)
    if (!operation || operation.type === 'subscription') return null
    const result = await operations.execute(operation, parameters.variables)
    return result && JSON.stringify(result)
  }

  const answer = async (request: IncomingMessage, response: ServerResponse, contentType: string) => {
    const body = await readBody(request)
    // Null: the client is gone.
    if (body === null) return
    const text = await run(body)
    if (text === null) {
      // Where the handler's library looks for a body that was read already.
      Object.assign(request, { body: Readable.from([body]) })
      fullHandler(request, response)
      return
    }
    response.writeHead(200, {
      'content-type': `${contentType}; charset=utf-8`,
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
    })
    response.end(text)
  }

  return (request, response) => {
    const contentType = isPlainPost(request, maxRequestBytes) ? answerType(request.headers.accept) : null
    if (contentType === null) fullHandler(request, response)
    else void answer(request, response, contentType)
  }
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

const jsonTypes = ['application/json', 'application/graphql-response+json']

/** The first type of the list that the answer can have. Null when there is none. */
function answerType(accept = '*/*'): string | null {
  for (const each of accept.split(',')) {
    const type = each.trim()
    if (jsonTypes.includes(type)) return type
    if (type === '*/*') return 'application/json'
    // With parameters, in capitals, …: the full handler knows.
    if (!/^[a-z]+\/[a-z+-]+$/.test(type)) return null
  }
  return null
}

function readBody(request: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.on('error', () => resolve(null))
    request.on('close', () => resolve(null))
  })
}

function parse(body: Buffer) {
  try {
    return readParameters(JSON.parse(body.toString()))
  } catch {
    return null
  }
}
