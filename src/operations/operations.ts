import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { type Logger, pino } from 'pino'
import { credentialsEnded } from '../access/credentials.ts'
import { loopTurns } from '../async/loop-turns.ts'
import type { Caller, Sender } from '../caller.ts'
import type { Instrumentation, Transport } from '../instrumentation.ts'
import type { Hold } from '../memory/hold.ts'
import type { Memory } from '../memory/memory.ts'
import type { CallerLimits } from '../rates/caller-limits.ts'
import type { SchemaContext } from '../schema/context.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { coerceVariables, type Variables } from './coerce-variables.ts'
import type { DocumentLimits } from './document-rules.ts'
import { Documents, type KnownOperation } from './documents.ts'
import { Payload } from './payload.ts'
import { type MessageSource, PayloadStream, type SourceMessage } from './payload-stream.ts'
import { PersistedDocuments, type PersistedDocumentsOptions } from './persisted-documents.ts'
import { type OperationRunner, PreparedOperation, type Refusal, type RunParts } from './prepared-operation.ts'
import { type OperationRequest, readRequest } from './request.ts'
import { type PromiseOrValue, SharedPayloads } from './shared-payloads.ts'
import { SubscriptionMemory } from './subscription-memory.ts'

export interface OperationsOptions {
  /** Schema that clients know. */
  schema: GraphQLSchema
  /** The same schema, changed by `toExecutionSchema`. */
  executionSchema: GraphQLSchema
  contextFor: (caller: Caller, parts?: RunParts) => SchemaContext
  limits: DocumentLimits
  memory: Memory
  /** Default: callers may send as much as they like. */
  callerLimits?: CallerLimits | undefined
  toClientError: (error: unknown) => GraphQLError
  /** Default: none, and any document is run. */
  persistedDocuments?: PersistedDocumentsOptions | undefined
  /** Whether clients may learn the schema, by asking or from errors. Default true. */
  hasIntrospection?: boolean | undefined
  logger?: Logger | undefined
  instrumentation?: Instrumentation | undefined
  /** Default: nobody traces. */
  tracing?: Tracing | null | undefined
}

type Arguments = ExecutionArgs & { contextValue: SchemaContext }

/**
 * Validates and executes requests for every transport: parameters, limits, validation, variables and the masking of
 * errors are decided here alone. A document is parsed and validated once while it is cached.
 */
export class Operations implements OperationRunner {
  readonly #options: OperationsOptions
  readonly #documents: Documents
  readonly #persisted: PersistedDocuments
  readonly #hasIntrospection: boolean
  readonly #shared = new SharedPayloads()
  readonly #kept: SubscriptionMemory
  readonly #subscriptions = new LRUCache<string, WeakRef<PreparedOperation>>({ max: MAX_SUBSCRIPTIONS })

  /** @throws ConfigError for persisted documents that cannot be read, or are invalid. */
  constructor(options: OperationsOptions) {
    const { schema, limits, persistedDocuments, hasIntrospection = true } = options
    const { logger = pino({ level: 'silent' }) } = options
    this.#options = options
    this.#hasIntrospection = hasIntrospection
    this.#documents = new Documents(schema, limits, hasIntrospection)
    const validate = (text: string) => this.#documents.validate(text)
    this.#persisted = new PersistedDocuments(persistedDocuments, validate, logger)
    this.#kept = new SubscriptionMemory(options.memory.streams)
  }

  close(): void {
    this.#persisted.close()
  }

  /** Says what is wrong with the form of a request; null when it is well formed. `prepare` includes this check. */
  check(request: unknown): Refusal | null {
    const parameters = readRequest(request)
    return 'errors' in parameters ? this.refuse(parameters.errors, true) : null
  }

  /** Counts a request against the limits of its sender, and prepares it; every transport begins here. */
  async receive(request: unknown, sender: Sender): Promise<PreparedOperation | Refusal> {
    const prepared = await this.#receive(request, sender)
    if ('errors' in prepared) this.#options.tracing?.refused(prepared, sender.trace)
    return prepared
  }

  async #receive(request: unknown, sender: Sender): Promise<PreparedOperation | Refusal> {
    try {
      await this.#options.callerLimits?.spendRequest(sender)
    } catch (error) {
      return this.refuse([error])
    }
    return this.prepare(request, sender.caller)
  }

  /**
   * Makes a request ready to run, or says why it is refused.
   *
   * @param request Parameters of GraphQL over HTTP: `query` or `documentId`, `operationName`, `variables`, `extensions`.
   */
  prepare(request: unknown, caller: Caller): PreparedOperation | Refusal {
    if (caller.credentials.hasEnded) return this.refuse([credentialsEnded()])
    const parameters = readRequest(request)
    if ('errors' in parameters) return this.refuse(parameters.errors, true)
    const operation = this.#find(parameters)
    if ('errors' in operation) return this.refuse(operation.errors)
    const coerced = coerceVariables(operation.variables, parameters.variables, this.#hasIntrospection)
    if ('errors' in coerced) return this.refuse(coerced.errors)
    const tooCostly = operation.checkCost(coerced.values)
    if (tooCostly) return this.refuse([tooCostly])
    return operation.type === 'subscription'
      ? this.#subscriptionOf(operation, coerced.values, caller)
      : new PreparedOperation(this, operation, coerced.values, caller, null)
  }

  #find(parameters: OperationRequest): KnownOperation | { errors: readonly unknown[] } {
    try {
      return this.#documents.find(this.#persisted.textOf(parameters), parameters.operationName)
    } catch (error) {
      return { errors: [error] }
    }
  }

  /** Gives all who ask the same for the same: thousands of them are one object, which knows its last result. */
  #subscriptionOf(operation: KnownOperation, variables: Variables, caller: Caller): PreparedOperation {
    const key = sharingKey(operation, caller, variables)
    const known = key === null ? undefined : this.#subscriptions.get(key)?.deref()
    if (known?.caller === caller) return known
    const prepared = new PreparedOperation(this, operation, variables, caller, key)
    if (key !== null) this.#subscriptions.set(key, new WeakRef(prepared))
    return prepared
  }

  refuse(errors: readonly unknown[], isMalformed = false): Refusal {
    return { errors: errors.map(this.#options.toClientError), isMalformed }
  }

  /** Executes a subscription's operation on a message, once for all callers with equal rights and operations. */
  payloadOf(message: SourceMessage, prepared: PreparedOperation): PromiseOrValue<Payload> {
    const make = () => this.#deliver(message, prepared)
    const { sharingKey } = prepared
    return message.shared && sharingKey !== null ? this.#shared.get(message.shared, sharingKey, make) : make()
  }

  /** Makes the last result of a subscription whose caller's credentials have ended. */
  unauthenticated(): Payload {
    return new Payload({ errors: [this.#options.toClientError(credentialsEnded())] })
  }

  get instrumentation(): Instrumentation | undefined {
    return this.#options.instrumentation
  }

  /** Runs a query or mutation; see `PreparedOperation`. */
  execute(prepared: PreparedOperation, parts?: RunParts): Promise<ExecutionResult> {
    const execute = () => this.#execute(prepared, parts)
    return this.#options.tracing?.serve(prepared, parts?.sender?.trace, execute) ?? execute()
  }

  async #execute(prepared: PreparedOperation, parts?: RunParts): Promise<ExecutionResult> {
    if (!prepared.operation.isUrgent) await loopTurns.next()
    const { instrumentation } = this.#options
    const startedMs = performance.now()
    const result = await this.#run(this.#argumentsOf(prepared, parts))
    if (!instrumentation?.operation) return result
    instrumentation.operation({
      type: prepared.type,
      name: prepared.name,
      caller: prepared.caller.name,
      durationMs: performance.now() - startedMs,
      codes: result.errors?.map((error) => String(error.extensions.code)) ?? [],
    })
    return result
  }

  async #run(args: Arguments): Promise<ExecutionResult> {
    try {
      return this.#masked(await execute(args))
    } finally {
      args.contextValue.budget.end()
    }
  }

  /** Begins a subscription, or returns the reason why its field or the memory refuses it. */
  subscribe(
    prepared: PreparedOperation,
    sender?: Sender,
    transport: Transport = 'embedded',
  ): Promise<PayloadStream | Refusal> {
    const subscribe = () => this.#subscribe(prepared, sender, transport)
    return this.#options.tracing?.serve(prepared, sender?.trace, subscribe) ?? subscribe()
  }

  async #subscribe(
    prepared: PreparedOperation,
    sender: Sender | undefined,
    transport: Transport,
  ): Promise<PayloadStream | Refusal> {
    let hold: Hold | undefined
    let counted: Hold | undefined
    const release = () => {
      hold?.release()
      counted?.release()
    }
    try {
      counted = sender && this.#options.callerLimits?.openStream(sender)
      // Those that wait for a turn are in memory, too.
      hold = this.#kept.take(prepared.operation, prepared.variables)
      await loopTurns.next()
      const source = await createSourceEventStream(this.#argumentsOf(prepared, { sender }))
      if (isMessageSource(source)) return new PayloadStream(source, prepared, transport, release)
      release()
      return this.refuse((source as ExecutionResult).errors ?? [])
    } catch (error) {
      release()
      return this.refuse([error])
    }
  }

  #deliver(message: SourceMessage, prepared: PreparedOperation): PromiseOrValue<Payload> {
    const args = this.#argumentsOf(prepared)
    const toPayload = (finished: ExecutionResult) => new Payload(this.#masked(finished))
    const run = () => execute({ ...args, rootValue: message })
    // A message may come of another's request, such as the publish that it tells of.
    const { tracing } = this.#options
    const result = tracing ? tracing.apart(run) : run()
    if (!(result instanceof Promise)) return toPayload(result)
    return result.then(toPayload).finally(() => args.contextValue.budget.end())
  }

  #argumentsOf({ operation, variables, caller }: PreparedOperation, parts?: RunParts): Arguments {
    return {
      schema: this.schemaOf(operation),
      document: operation.document,
      operationName: operation.name,
      variableValues: variables,
      contextValue: this.#options.contextFor(caller, parts),
    }
  }

  schemaOf({ isIntrospection }: KnownOperation): GraphQLSchema {
    const { schema, executionSchema } = this.#options
    return isIntrospection ? schema : executionSchema
  }

  #masked(result: ExecutionResult): ExecutionResult {
    return result.errors ? { ...result, errors: result.errors.map(this.#options.toClientError) } : result
  }
}

const MAX_KEY_LENGTH = 2_000
/** Subscriptions whose next subscribers share what is prepared: those that were asked for last. */
const MAX_SUBSCRIPTIONS = 1_000

function sharingKey({ id }: KnownOperation, { sight }: Caller, variables: Variables): string | null {
  try {
    const key = JSON.stringify([id, sight, variables])
    return key.length <= MAX_KEY_LENGTH ? key : null
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function isMessageSource(source: object): source is object & MessageSource {
  return 'pipe' in source
}
