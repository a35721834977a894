import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationTypeNode,
} from 'graphql'
import type { Sink } from '../pubsub/stream.ts'
import type { SchemaContext } from '../schema/context.ts'
import { createPgqSchema } from '../schema/index.ts'
import { DocumentCache } from './document-cache.ts'
import { withEventInputs } from './event-inputs.ts'
import { withEventLists } from './event-lists.ts'
import { Payload } from './payload.ts'
import { type PromiseOrValue, SharedPayloads } from './shared-payloads.ts'

/** An operation of a valid document, within the limits. The same object for all who ask for it. */
export interface Operation {
  /** Tells this operation from others in this process. */
  id: number
  type: OperationTypeNode
  name: string | null
  document: DocumentNode
  /** To execute it with. */
  schema: GraphQLSchema
}

export type Variables = Readonly<Record<string, unknown>>

/** Null for the name, too, where there is only one. */
type OperationsByName = Map<string | null, Operation>

/** The parameters of a GraphQL request, once they are known to have the right types. */
export interface OperationParameters {
  query: string
  operationName: string | null
  variables: Variables
}

/** The results of a subscription. It never throws: what goes wrong is a result too, the last one. */
export interface PayloadStream {
  pipe(sink: Sink<Payload>): void
  return(): Promise<unknown>
}

/**
 * Runs operations that are as they should be, with each document parsed and validated once. What is not gets null here:
 * somebody else finds the words for the client.
 */
export class Operations {
  readonly #documents = new DocumentCache<OperationsByName>()
  readonly #schema: GraphQLSchema
  readonly #quickSchema = withEventInputs(withEventLists(createPgqSchema()))
  readonly #context: SchemaContext
  readonly #check: (query: string) => DocumentNode | null
  readonly #toClientError: (error: unknown) => GraphQLError
  readonly #shared = new SharedPayloads()
  #operationCount = 0

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
    const operations = this.#documents.get(query, (text) => this.#read(text))
    return operations?.get(operationName) ?? null
  }

  #read(query: string): OperationsByName | null {
    const document = this.#check(query)
    if (!document) return null
    const schema = needsFullSchema.test(query) ? this.#schema : this.#quickSchema
    const found = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    const operations = found.map(({ operation: type, name }): Operation => {
      return { id: this.#operationCount++, type, name: name?.value ?? null, document, schema }
    })
    const byName = new Map(operations.map((operation) => [operation.name, operation]))
    const [only] = operations
    return only && operations.length === 1 ? byName.set(null, only) : byName
  }

  /** Runs a query or mutation. Null when nothing was run, since the variables do not fit. */
  async execute(operation: Operation, variables: Variables): Promise<ExecutionResult | null> {
    const result = await execute(this.#argumentsOf(operation, variables))
    return result.data === undefined ? null : this.#masked(result)
  }

  /** Begins a subscription. Null when there is nothing to read, since the variables or arguments do not fit. */
  async subscribe(operation: Operation, variables: Variables): Promise<PayloadStream | null> {
    const source = await createSourceEventStream(this.#argumentsOf(operation, variables))
    return isDeliveries(source) ? new Payloads(source, this, operation, variables) : null
  }

  /** The result for a message of a subscription, made once for all who are given the same message and ask the same. */
  payloadOf(
    message: SourceMessage,
    operation: Operation,
    variables: Variables,
    key: string | null,
  ): PromiseOrValue<Payload> {
    const make = () => this.#execute(message, operation, variables)
    return message.shared && key !== null ? this.#shared.get(message.shared, key, make) : make()
  }

  #execute(message: SourceMessage, operation: Operation, variables: Variables): PromiseOrValue<Payload> {
    const result = execute({ ...this.#argumentsOf(operation, variables), rootValue: message })
    const toPayload = (finished: ExecutionResult) => new Payload(this.#masked(finished))
    return isPromise(result) ? result.then(toPayload) : toPayload(result)
  }

  #argumentsOf({ schema, document, name }: Operation, variableValues: Variables): ExecutionArgs {
    // The context is of its own, since Pothos remembers nodes by it.
    return { schema, document, operationName: name, variableValues, contextValue: { ...this.#context } }
  }

  #masked(result: ExecutionResult): ExecutionResult {
    return result.errors ? { ...result, errors: result.errors.map(this.#toClientError) } : result
  }
}

/** What a subscription's field is given to resolve. `shared` is the same object for all who are given the same. */
interface SourceMessage {
  shared?: object
}

/** What every subscription's field returns. */
interface Deliveries {
  pipe(sink: Sink<SourceMessage>): void
  return(): Promise<unknown>
}

function isDeliveries(source: object): source is Deliveries {
  return 'pipe' in source
}

class Payloads implements PayloadStream, Sink<SourceMessage> {
  readonly #deliveries: Deliveries
  readonly #operations: Operations
  readonly #operation: Operation
  readonly #variables: Variables
  readonly #key: string | null
  #sink: Sink<Payload> | undefined

  constructor(deliveries: Deliveries, operations: Operations, operation: Operation, variables: Variables) {
    this.#deliveries = deliveries
    this.#operations = operations
    this.#operation = operation
    this.#variables = variables
    this.#key = operationKey(operation, variables)
  }

  pipe(sink: Sink<Payload>): void {
    this.#sink = sink
    this.#deliveries.pipe(this)
  }

  return(): Promise<unknown> {
    return this.#deliveries.return()
  }

  give(message: SourceMessage): Promise<unknown> | undefined {
    const payload = this.#operations.payloadOf(message, this.#operation, this.#variables, this.#key)
    return isPromise(payload) ? payload.then((made) => this.#sink?.give(made)) : this.#sink?.give(payload)
  }

  end(): void {
    this.#sink?.end()
  }

  fail(error: unknown): void {
    this.#sink?.fail(error)
  }
}

function isPromise<Value>(value: PromiseOrValue<Value>): value is Promise<Value> {
  return value instanceof Promise
}

const MAX_KEY_LENGTH = 2_000

/** The same for all who ask the same; null for variables that are too large, or too deep, to compare for each message. */
function operationKey({ id }: Operation, variables: Variables): string | null {
  try {
    const key = JSON.stringify([id, variables])
    return key.length <= MAX_KEY_LENGTH ? key : null
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/**
 * What the quick schema would answer otherwise: `__schema` or `__type` (and not `__typename`), and an escape that may
 * stand for what no text of PostgreSQL can hold. Where it means something else it does no harm.
 */
const needsFullSchema = /__(schema|type)\b|\\u/

const noVariables: Variables = Object.freeze({})

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
  return { query, operationName, variables: variables ?? noVariables }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
