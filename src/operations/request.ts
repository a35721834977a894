import { GraphQLError } from 'graphql'
import { ExactNumber } from '../json/exact-number.ts'
import type { Variables } from './coerce-variables.ts'

/** The parameters of a GraphQL request, with checked types. */
export interface OperationRequest {
  /** Text of the document; null where the request names it instead, by one of the other two. */
  query: string | null
  /** Id of a persisted document, as GraphQL over HTTP writes it. */
  documentId: string | null
  /** SHA-256 of the document, as Apollo Client and urql send it. */
  hash: string | null
  operationName: string | null
  variables: Variables
}

const noVariables: Variables = Object.freeze({})

const parameterNames = new Set(['query', 'documentId', 'operationName', 'variables', 'extensions'])

/** The error for a body or list of parameters that is no GraphQL request at all. */
export const notARequest = new GraphQLError(
  'A request is a JSON object such as {"query": "{ __typename }"}, with JSON objects for variables and extensions',
  { extensions: { code: 'BAD_INPUT' } },
)

/** Reads the parameters of a request, as GraphQL over HTTP names them. */
export function readRequest(request: unknown): OperationRequest | { errors: readonly GraphQLError[] } {
  if (!isRecord(request)) return { errors: [notARequest] }
  const {
    query = null,
    documentId = null,
    operationName = null,
    variables = null,
    extensions = null,
  } = request
  for (const name of Object.keys(request)) {
    if (!parameterNames.has(name) && request[name] != null) {
      return refuse(
        `Unexpected parameter ${JSON.stringify(name.slice(0, 100))}; there are query, documentId, operationName, variables and extensions`,
        name,
      )
    }
  }
  if (query !== null && typeof query !== 'string') return refuse('query must be a string', 'query')
  if (documentId !== null && typeof documentId !== 'string')
    return refuse('documentId must be a string', 'documentId')
  if (operationName !== null && typeof operationName !== 'string') {
    return refuse('operationName must be a string or null', 'operationName')
  }
  if (variables !== null && !isRecord(variables))
    return refuse('variables must be a JSON object', 'variables')
  if (extensions !== null && !isRecord(extensions))
    return refuse('extensions must be a JSON object', 'extensions')
  const { persistedQuery = null } = extensions ?? {}
  const hash = persistedQuery === null ? null : hashOf(persistedQuery)
  if (hash === undefined) {
    return refuse(
      'extensions.persistedQuery must be as in {"version": 1, "sha256Hash": "…"}',
      'extensions.persistedQuery',
    )
  }
  if (documentId !== null && query !== null) return refuse('Give query or documentId, not both', 'documentId')
  if (query === null && documentId === null && hash === null)
    return refuse('Must provide query string.', 'query')
  return { query, documentId, hash, operationName, variables: variables ?? noVariables }
}

/** @returns Undefined for what is no hash. */
function hashOf(persistedQuery: unknown): string | undefined {
  if (!isRecord(persistedQuery)) return undefined
  const { sha256Hash } = persistedQuery
  return typeof sha256Hash === 'string' ? sha256Hash : undefined
}

function refuse(message: string, field: string): { errors: readonly GraphQLError[] } {
  return { errors: [new GraphQLError(message, { extensions: { code: 'BAD_INPUT', field } })] }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && !(value instanceof ExactNumber)
}
