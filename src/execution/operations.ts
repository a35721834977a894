import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
} from 'graphql'
import type { SchemaContext } from '../schema/context.ts'
import { DocumentCache } from './document-cache.ts'

/** An operation of a valid document, within the limits. */
export interface Operation {
  type: OperationTypeNode
  name: string | null
  document: DocumentNode
}

export type Variables = Readonly<Record<string, unknown>>

/** The parameters of a GraphQL request, once they are known to have the right types. */
export interface OperationParameters {
  query: string
  operationName: string | null
  variables: Variables
}

/**
 * Runs operations that are as they should be, with each document parsed and validated once. What is not gets null here:
 * somebody else finds the words for the client.
 */
export class Operations {
  readonly #documents = new DocumentCache()
  readonly #schema: GraphQLSchema
  readonly #context: SchemaContext
  readonly #check: (query: string) => DocumentNode | null
  readonly #toClientError: (error: unknown) => GraphQLError

  constructor(options: {
    schema: GraphQLSchema
    context: SchemaContext
    /** Parses, validates and applies the limits; null when something is wrong. */
    check: (query: string) => DocumentNode | null
    toClientError: (error: unknown) => GraphQLError
  }) {
    this.#schema = options.schema
    this.#context = options.context
    this.#check = options.check
    this.#toClientError = options.toClientError
  }

  /** Null where the document is not valid, or the name does not say which operation. */
  find({ query, operationName }: OperationParameters): Operation | null {
    const document = this.#documents.get(query, this.#check)
    const operation = document && getOperationAST(document, operationName)
    return operation ? { type: operation.operation, name: operationName, document } : null
  }

  /** Runs a query or mutation. Null when nothing was run, since the variables do not fit. */
  async execute(operation: Operation, variables: Variables): Promise<ExecutionResult | null> {
    const result = await execute({
      schema: this.#schema,
      document: operation.document,
      operationName: operation.name,
      // Of its own, since Pothos remembers nodes by it.
      contextValue: { ...this.#context },
      variableValues: variables,
    })
    if (result.data === undefined) return null
    return result.errors ? { ...result, errors: result.errors.map(this.#toClientError) } : result
  }
}

const parameterNames = new Set(['query', 'operationName', 'variables', 'extensions'])

/** Null when they are not what GraphQL over HTTP says. */
export function readParameters(body: unknown): OperationParameters | null {
  if (!isRecord(body)) return null
  if (Object.keys(body).some((name) => !parameterNames.has(name))) return null
  const { query, operationName = null, variables = null, extensions = null } = body
  if (typeof query !== 'string') return null
  if (operationName !== null && typeof operationName !== 'string') return null
  if (variables !== null && !isRecord(variables)) return null
  if (extensions !== null && !isRecord(extensions)) return null
  return { query, operationName, variables: variables ?? {} }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
