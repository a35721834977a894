import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { DocumentNode, GraphQLError, GraphQLSchema } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { Logger } from 'pino'
import { type DocumentLimits, documentLimits } from '../operations/document-limits.ts'
import { requestErrors } from '../operations/request-errors.ts'
import type { SchemaContext } from '../schema/context.ts'

export const graphqlPath = '/graphql'

export type GraphqlHandler = YogaServerInstance<object, SchemaContext>

/** GraphQL over HTTP and over SSE (distinct connections), and GraphiQL for a browser. */
export function createGraphqlHandler(options: {
  schema: GraphQLSchema
  context: SchemaContext
  limits: DocumentLimits & { maxRequestBytes: number }
  toClientError: (error: unknown) => GraphQLError
  logger: Logger
}): GraphqlHandler {
  const { schema, context, limits, toClientError, logger } = options
  const log = (level: 'debug' | 'info' | 'warn') => (first: unknown) =>
    logger[level]({ detail: first }, 'graphql')
  return createYoga<object, SchemaContext>({
    schema,
    context: () => context,
    graphqlEndpoint: graphqlPath,
    landingPage: false,
    multipart: false,
    batching: false,
    // No page of another origin may read this API; see origin-guard.ts.
    cors: false,
    maxRequestBodySize: limits.maxRequestBytes,
    graphiql: { title: 'pgq-graphql', subscriptionsProtocol: 'SSE', defaultQuery },
    renderGraphiQL,
    // What is unexpected is logged where it is masked.
    logging: { debug: log('debug'), info: log('debug'), warn: log('warn'), error: log('debug') },
    maskedErrors: { maskError: toClientError },
    plugins: [...documentLimits(limits), requestErrors(), useClientErrors(toClientError)],
  })
}

/** Parses and validates as the handler does, limits and all; null where it would refuse. */
export function checkWith(handler: GraphqlHandler): (query: string) => DocumentNode | null {
  return (query) => {
    const { schema, parse, validate } = handler.getEnveloped({ params: { query } })
    try {
      const document: DocumentNode = parse(query)
      return validate(schema, document).length === 0 ? document : null
    } catch {
      return null
    }
  }
}

/** Errors found before execution (body, syntax, validation) do not pass Yoga's masking; here they do. */
function useClientErrors(toClientError: (error: unknown) => GraphQLError): Plugin {
  return {
    onResultProcess({ result, setResult }) {
      if (Array.isArray(result) || Symbol.asyncIterator in result || !('errors' in result) || !result.errors)
        return
      setResult({
        ...result,
        errors: result.errors.map((error) => (error.extensions.errorId ? error : toClientError(error))),
      })
    },
  }
}

const defaultQuery = `# Queues, their consumers, and how far behind they are.
query Queues {
  queues {
    edges {
      node {
        name
        eventsPerSecond
        newEvents
        tickerLagSeconds
        consumers { edges { node { name lagSeconds pendingEvents } } }
      }
    }
  }
}

mutation CreateQueue {
  createQueue(input: { name: "orders" }) { created }
}

mutation Publish {
  insertEvent(input: { queue: "orders", type: "created", json: { id: 1 } }) { eventId }
}

# Run this one first, then Publish in another tab: the event arrives here.
subscription Tail {
  tail(queue: "orders") {
    ... on TickBatch { tickId events { eventId type json } }
    ... on Gap { fromTick toTick reason }
  }
}
`
