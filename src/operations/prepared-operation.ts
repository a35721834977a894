import type { DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, OperationTypeNode } from 'graphql'
import type { Caller, Sender } from '../caller.ts'
import type { Instrumentation, Transport } from '../instrumentation.ts'
import type { RequestParts } from '../schema/context.ts'
import type { Variables } from './coerce-variables.ts'
import type { KnownOperation } from './documents.ts'
import type { Payload } from './payload.ts'
import type { PayloadStream, SourceMessage } from './payload-stream.ts'
import type { PromiseOrValue } from './shared-payloads.ts'

/** A request that is not run. None of it has happened, and the errors may be shown to the client. */
export interface Refusal {
  readonly errors: readonly GraphQLError[]
  /** Whether it is no GraphQL request at all; then its status is 400 for every content type of the answer. */
  readonly isMalformed: boolean
}

/** What a request brings to its run, beside its caller. */
export type RunParts = Pick<RequestParts, 'isWanted' | 'sender'>

/** Runs operations that were prepared. */
export interface OperationRunner {
  readonly instrumentation: Instrumentation | undefined
  schemaOf(operation: KnownOperation): GraphQLSchema
  payloadOf(message: SourceMessage, prepared: PreparedOperation): PromiseOrValue<Payload>
  unauthenticated(): Payload
  execute(prepared: PreparedOperation, parts?: RunParts): Promise<ExecutionResult>
  subscribe(
    prepared: PreparedOperation,
    sender?: Sender,
    transport?: Transport,
  ): Promise<PayloadStream | Refusal>
}

/** Binds a valid operation to its variables and its caller. */
export class PreparedOperation {
  readonly operation: KnownOperation
  readonly variables: Variables
  readonly caller: Caller
  /** Key that is equal for operations with equal results; null for variables too large or too deep to compare. */
  readonly sharingKey: string | null
  readonly instrumentation: Instrumentation | undefined
  readonly #operations: OperationRunner
  /** Holds the last result that is shared: nearly all who are given a message ask for the same one. */
  #last: { shared: object; payload: Payload } | undefined

  constructor(
    operations: OperationRunner,
    operation: KnownOperation,
    variables: Variables,
    caller: Caller,
    sharingKey: string | null,
  ) {
    this.#operations = operations
    this.instrumentation = operations.instrumentation
    this.operation = operation
    this.variables = variables
    this.caller = caller
    this.sharingKey = sharingKey
  }

  get type(): OperationTypeNode {
    return this.operation.type
  }

  get name(): string | null {
    return this.operation.name
  }

  /** Schema and document for graphql, which fit each other. */
  get executable(): { schema: GraphQLSchema; document: DocumentNode } {
    return { schema: this.#operations.schemaOf(this.operation), document: this.operation.document }
  }

  /** Gives the result for a message of the subscription. */
  payloadOf(message: SourceMessage): PromiseOrValue<Payload> {
    const { shared } = message
    if (shared !== undefined && this.#last?.shared === shared) return this.#last.payload
    const payload = this.#operations.payloadOf(message, this)
    // A large one is found again as long as the stream keeps its message.
    if (shared !== undefined && !(payload instanceof Promise) && !payload.isLarge)
      this.#last = { shared, payload }
    return payload
  }

  /** Makes the last result, for a caller whose credentials have ended. */
  unauthenticated(): Payload {
    return this.#operations.unauthenticated()
  }

  /**
   * Runs a query or mutation. Its errors are part of the result.
   *
   * @param parts.isWanted Says whether the client still waits for the result; a query that nobody waits for ends.
   * @param parts.sender Who has sent it; default: the caller, from an unknown address.
   */
  execute(parts?: RunParts): Promise<ExecutionResult> {
    return this.#operations.execute(this, parts)
  }

  /** Begins a subscription, which counts as one of the sender's. Later errors are part of the stream. */
  subscribe(sender?: Sender, transport?: Transport): Promise<PayloadStream | Refusal> {
    return this.#operations.subscribe(this, sender, transport)
  }
}
