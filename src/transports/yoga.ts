import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql'
import { createYoga, type GraphQLParams, type Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Sender } from '../caller.ts'
import { PgqError } from '../errors.ts'
import type { Payload } from '../operations/payload.ts'
import { PayloadStream } from '../operations/payload-stream.ts'
import { PullSink } from '../pubsub/pull-sink.ts'
import { setAnswerHeaders } from './answer-headers.ts'
import { clientOf, countUnsent, cut } from './clients.ts'
import { endWith } from './event-stream.ts'
import { needsStream, notAcceptable, withHttp, withStatus } from './http-status.ts'
import { parameterReader } from './request-parameters.ts'
import { isRefusal, type TransportParts } from './transport.ts'

interface NodeContext {
  req: IncomingMessage
  res: ServerResponse
  sender: Sender
}

/**
 * Serves GraphQL over HTTP in all its forms, and GraphQL over SSE (distinct connections mode). graphql-yoga reads
 * requests and writes answers; `Operations` does the rest, through plugin hooks.
 */
export function createYogaHandler(
  parts: TransportParts & { schema: GraphQLSchema; logger: Logger },
): (request: IncomingMessage, response: ServerResponse, sender: Sender) => void {
  const { schema, path, maxRequestBytes, toClientError, logger, memory } = parts
  const log = (level: 'debug' | 'warn') => (first: unknown) => logger[level]({ detail: first }, 'graphql')
  const yoga = createYoga<NodeContext>({
    schema,
    graphqlEndpoint: path,
    landingPage: false,
    multipart: false,
    batching: false,
    // The embedding server decides about pages of other origins; see server/guard.ts.
    cors: false,
    maxRequestBodySize: maxRequestBytes,
    parserAndValidationCache: false,
    // See graphiql-page.ts.
    graphiql: false,
    // Unexpected errors are logged where they are masked.
    logging: { debug: log('debug'), info: log('debug'), warn: log('warn'), error: log('debug') },
    maskedErrors: { maskError: toClientError },
    plugins: [useOperations(parts), useExplainedStatus()],
  })
  return (request, response, sender) => {
    setAnswerHeaders(response)
    response.setHeader('cache-control', 'no-store')
    void Promise.resolve(yoga(request, response, { sender })).then(() => countUnsent(response, memory.unsent))
  }
}

/** Replaces Yoga's own parsing, validation and execution by `Operations`. */
function useOperations(parts: TransportParts): Plugin<NodeContext> {
  const { operations, maxRequestBytes, maxRequestObjects, onStream, largeRequests, memory } = parts
  return {
    onRequestParse({ request, serverContext, setRequestParser }) {
      const { req, res } = serverContext as unknown as NodeContext
      const readParameters = parameterReader(req, request.headers.get('content-type'), {
        maxBytes: maxRequestBytes,
        maxObjects: maxRequestObjects,
        begin: (body) => largeRequests.begin(res, clientOf(req), body),
      })
      if (!readParameters) return
      setRequestParser(async (limited) => {
        const parameters = await readParameters(limited).catch((error: unknown) => {
          if (error instanceof PgqError) throw withStatus(operations.refuse([error]))[0]
          throw hasNoStatus(error) ? withHttp(error, { status: 400 }) : error
        })
        const refusal = operations.check(parameters)
        if (refusal) throw withStatus(refusal)[0]
        return unchecked(parameters)
      })
    },
    onParams({ setParamsHandler }) {
      setParamsHandler(async ({ params, request, context }) => {
        const { req, res, sender } = context as unknown as NodeContext
        const prepared = await operations.receive(uncheckedIn(params), sender)
        if (isRefusal(prepared)) return { errors: withStatus(prepared) }
        if (prepared.type === 'mutation' && request.method === 'GET') return { errors: [notByGet] }
        if (prepared.type !== 'subscription')
          return prepared.execute({ isWanted: () => !res.destroyed, sender })
        if (!request.headers.get('accept')?.toLowerCase().includes('text/event-stream'))
          return { errors: [withHttp(needsStream, { status: 406 })] }
        const payloads = await prepared.subscribe(sender, 'sse')
        if (!(payloads instanceof PayloadStream)) return { errors: payloads.errors }
        onStream(res)
        // Yoga does not end the stream of a client that left before its answer began.
        endWith(res, payloads)
        const addUnsent = (payload: Payload) =>
          memory.unsent.add(clientOf(req), payload, payload.bytes.length, () => cut(res))
        return toIterable(payloads, addUnsent)
      })
    },
  }
}

/** Carries parameters past graphql-yoga's own check, which knows no ids of documents, as those of an empty request. */
function unchecked(parameters: unknown): GraphQLParams {
  return { query: '', extensions: { parameters } }
}

function uncheckedIn({ extensions }: GraphQLParams): unknown {
  return extensions?.parameters
}

function hasNoStatus(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && error.extensions.http === undefined
}

const notByGet = new GraphQLError('A mutation cannot be sent by GET; send it by POST', {
  extensions: { code: 'BAD_INPUT', http: { status: 405, headers: { allow: 'POST' } } },
})

/** Gives a body to answers that the libraries leave empty. */
function useExplainedStatus(): Plugin {
  return {
    onResponse({ response, setResponse, fetchAPI }) {
      const message = explanations[response.status]
      if (message === undefined || response.body !== null) return
      const headers = {
        ...Object.fromEntries(response.headers),
        'content-type': 'application/json; charset=utf-8',
      }
      const body = JSON.stringify({ errors: [{ message, extensions: { code: 'BAD_INPUT' } }] })
      setResponse(new fetchAPI.Response(body, { status: response.status, headers }))
    },
  }
}

const explanations: Readonly<Record<number, string>> = {
  406: notAcceptable,
  415: 'Send application/json as content-type',
}

/** Reads a stream as Yoga does. Unlike a generator it is ended by `return` before its first `next`, too. */
function toIterable(
  payloads: PayloadStream,
  addUnsent: (payload: Payload) => () => void,
): AsyncIterableIterator<ExecutionResult, undefined> {
  let pulled: PullSink<Payload> | undefined
  let isSent = () => {}
  const iterator: AsyncIterableIterator<ExecutionResult, undefined> = {
    async next() {
      if (!pulled) {
        pulled = new PullSink<Payload>()
        payloads.pipe(pulled)
      }
      isSent()
      const next = await pulled.next()
      if (next.value?.isLarge) isSent = addUnsent(next.value)
      return next.done ? next : { done: false, value: JSON.parse(next.value.json) as ExecutionResult }
    },
    async return() {
      isSent()
      await payloads.return()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}
