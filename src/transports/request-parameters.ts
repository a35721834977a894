import type { IncomingMessage } from 'node:http'
import { GraphQLError } from 'graphql'
import { PgqError } from '../errors.ts'
import { parseBody, parseText, readText } from './body-text.ts'
import { decodeContent } from './content-encoding.ts'
import { withHttp } from './http-status.ts'

/** Reads the parameters of GraphQL from a request's body. */
type ReadBody = (body: Buffer, maxObjects: number) => unknown

const readers: ReadonlyMap<string, ReadBody> = new Map([
  ['application/json', parseBody],
  ['application/graphql+json', parseBody],
  ['application/graphql', (body) => ({ query: readText(body) })],
  ['application/x-www-form-urlencoded', (body, maxObjects) => readFormBody(readText(body), maxObjects)],
])

/**
 * Finds how to read the parameters of a request, in all the forms of GraphQL over HTTP.
 *
 * @param maxBytes Limits the decoded body.
 * @param maxObjects Limits the number of lists and objects in its JSON.
 * @param begin Waits until a body may be parsed.
 * @returns Null for a content type that is not one of them. The function throws GraphQLError for what it cannot read,
 *   with a status where that is not 400.
 */
export function parameterReader(
  node: IncomingMessage,
  contentType: string | null,
  {
    maxBytes,
    maxObjects,
    begin,
  }: { maxBytes: number; maxObjects: number; begin: (body: Buffer) => Promise<void> },
): ((request: Request) => Promise<unknown>) | null {
  if (node.method === 'GET') return async () => readUrl(queryOf(node), maxObjects)
  const [mediaType = ''] = contentType?.split(/[;,]/) ?? []
  const read = readers.get(mediaType.trim().toLowerCase())
  if (node.method !== 'POST' || !read) return null
  return async (request) => {
    // The framework that has read the body has decoded it, too.
    if (isRead(node)) return read(Buffer.from(await request.text()), maxObjects)
    const charset = /;\s*charset\s*=\s*"?([^\s";,]*)/i.exec(contentType ?? '')?.[1]
    if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw wrongCharset
    const body = Buffer.from(
      await request.arrayBuffer().catch((error: unknown) => {
        // Where the body is past its limit, the error says so, and the rest is not read.
        throw node.readableAborted && !(error instanceof GraphQLError) ? clientLeft : error
      }),
    )
    const decoded = await decodeContent(body, request.headers.get('content-encoding'), maxBytes)
    await begin(decoded)
    return read(decoded, maxObjects)
  }
}

function isRead(node: IncomingMessage & { body?: unknown }): boolean {
  return node.body != null
}

/** Nobody receives this; it keeps what is no fault out of the log. */
const clientLeft = new PgqError('UNAVAILABLE', 'The client left before its request was complete')

const wrongCharset = withHttp(
  new GraphQLError('The charset of a body is utf-8, or left out', { extensions: { code: 'BAD_INPUT' } }),
  { status: 415 },
)

function queryOf({ url = '' }: IncomingMessage): string {
  return url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
}

/** Reads a form. curl and others send a body as one where they are not told otherwise. */
function readFormBody(text: string, maxObjects: number): unknown {
  if (text.trimStart().startsWith('{')) throw formWithoutQuery
  const parameters = readForm(text, maxObjects)
  const { query, documentId, extensions } = parameters
  if (query === null && documentId === null && extensions === null) throw formWithoutQuery
  return parameters
}

const formWithoutQuery = new GraphQLError(
  'There is no query in this body of content-type application/x-www-form-urlencoded; send JSON with content-type application/json',
  { extensions: { code: 'BAD_INPUT', field: 'query' } },
)

/** Reads the parameters of a URL, where others may stand too, such as a token of a client that can send no headers. */
function readUrl(text: string, maxObjects: number): unknown {
  const { query, documentId, operationName, variables, extensions } = readForm(text, maxObjects)
  return { query, documentId, operationName, variables, extensions }
}

/** Reads parameters that are encoded as in a URL; of those with the same name the first counts. */
function readForm(text: string, maxObjects: number): Record<string, unknown> {
  const parameters = new Map<string, string>()
  for (const pair of text.split('&')) {
    const [name = '', ...value] = pair.split('=')
    const decoded = decode(name)
    if (!parameters.has(decoded)) parameters.set(decoded, decode(value.join('=')))
  }
  const json = (name: string) => parseText(parameters.get(name) || 'null', maxObjects)
  return {
    ...Object.fromEntries(parameters),
    query: parameters.get('query') || null,
    documentId: parameters.get('documentId') || null,
    operationName: parameters.get('operationName') || null,
    variables: json('variables'),
    extensions: json('extensions'),
  }
}

/** Decodes a part of a query string. @throws GraphQLError for what is not UTF-8, where others would replace it. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw badEncoding
  }
}

const badEncoding = new GraphQLError('Encode parameters as UTF-8 in percent-encoding; a % itself is %25', {
  extensions: { code: 'BAD_INPUT' },
})
