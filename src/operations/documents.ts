import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationTypeNode,
  TypeInfo,
  ValidationContext,
  validate,
  visit,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { readVariables, type Variable } from './coerce-variables.ts'
import { type DocumentLimits, documentRules, parseDocument } from './document-rules.ts'
import { coercedTypeName } from './execution-schema.ts'
import { hideNames } from './hidden-names.ts'
import { type CostCheck, costCheck } from './operation-cost.ts'
import { isUrgent } from './urgency.ts'
import { placesOf } from './value-steps.ts'

/** An operation of a valid document. Requests that send the same text share the object while the text is cached. */
export interface KnownOperation {
  /** Number of the operation, unique in this process. */
  readonly id: number
  /** Length of the text of its document (characters). */
  readonly length: number
  readonly type: OperationTypeNode
  readonly name: string | null
  readonly variables: readonly Variable[]
  /** Document for execution. Its variables take any value, since values are coerced before. */
  readonly document: DocumentNode
  /** Whether it asks for the schema itself. */
  readonly isIntrospection: boolean
  /** See `isUrgent`. */
  readonly isUrgent: boolean
  readonly checkCost: CostCheck
}

/** Operations by name; a single one is found under null as well. */
type OperationsByName = ReadonlyMap<string | null, KnownOperation>

type ReadDocument = { operations: OperationsByName } | { errors: readonly GraphQLError[] }

/**
 * Maximum size of all cached texts together, and of one of them (characters). A parsed document takes some hundred
 * times its text in memory. Most client programs send the same few; a text with data written into it need not be
 * cached.
 */
const MAX_CACHED_CHARACTERS = 250_000
const MAX_CACHED_DOCUMENT = 25_000
const MAX_CACHED_DOCUMENTS = 1_000

/** Parses documents, validates them and applies the limits, once for each text while it is cached. */
export class Documents {
  readonly #schema: GraphQLSchema
  readonly #limits: DocumentLimits
  readonly #rules
  readonly #hasIntrospection: boolean
  readonly #read = new LRUCache<string, ReadDocument>({
    max: MAX_CACHED_DOCUMENTS,
    maxSize: MAX_CACHED_CHARACTERS,
    maxEntrySize: MAX_CACHED_DOCUMENT,
    sizeCalculation: (_, text) => text.length || 1,
  })
  #operationCount = 0

  /** @param hasIntrospection Whether clients may learn the schema, by asking or from errors. */
  constructor(schema: GraphQLSchema, limits: DocumentLimits, hasIntrospection = true) {
    this.#schema = schema
    this.#limits = limits
    this.#rules = documentRules(limits, hasIntrospection)
    this.#hasIntrospection = hasIntrospection
  }

  /** Finds an operation of a document by name; null finds the only one. */
  find(text: string, name: string | null): KnownOperation | { errors: readonly GraphQLError[] } {
    let read = this.#read.get(text)
    if (!read) {
      read = this.#readDocument(text)
      this.#read.set(text, read)
    }
    if ('errors' in read) return read
    return read.operations.get(name) ?? { errors: [wrongName] }
  }

  /** Lists what is wrong with a document. */
  validate(text: string): readonly GraphQLError[] {
    const read = this.#readDocument(text)
    return 'errors' in read ? read.errors : []
  }

  #readDocument(text: string): ReadDocument {
    try {
      const document = parseDocument(text, this.#limits)
      const errors = validate(this.#schema, document, this.#rules)
      if (errors.length === 0) return { operations: this.#operationsOf(document, text.length) }
      return { errors: this.#hasIntrospection ? errors : hideNames(errors, text) }
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] }
      // Parsing and validating recurse, and may exhaust the stack before a rule limits the depth.
      if (error instanceof RangeError) return { errors: [tooDeep] }
      throw error
    }
  }

  #operationsOf(document: DocumentNode, length: number): OperationsByName {
    const isIntrospection = asksForSchema(document)
    // The type of coerced values exists in the execution schema alone; introspection uses the real one.
    const executable = isIntrospection ? document : withCoercedVariables(document)
    const context = new ValidationContext(this.#schema, document, new TypeInfo(this.#schema), () => {})
    const definitions = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION)
    const operations = definitions.map((definition): KnownOperation => {
      const variables = readVariables(
        definition.variableDefinitions ?? [],
        this.#schema,
        placesOf(definition, context),
      )
      return {
        id: this.#operationCount++,
        length,
        type: definition.operation,
        name: definition.name?.value ?? null,
        variables,
        document: executable,
        isIntrospection,
        isUrgent: isUrgent(definition),
        checkCost: costCheck(this.#schema, document, definition, variables, this.#limits),
      }
    })
    const byName = new Map(operations.map((operation) => [operation.name, operation]))
    const [single] = operations
    return single && operations.length === 1 ? byName.set(null, single) : byName
  }
}

const wrongName = new GraphQLError(
  'Could not determine what operation to execute; give the operationName of one of the document',
)
const tooDeep = new GraphQLError('The document is nested too deeply', {
  extensions: { code: 'LIMIT_EXCEEDED' },
})

function asksForSchema(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Field({ name }) {
      if (name.value === '__schema' || name.value === '__type') found = true
    },
  })
  return found
}

/** Gives every variable the type of coerced values, and drops defaults, which coercion has applied. */
function withCoercedVariables(document: DocumentNode): DocumentNode {
  return visit(document, {
    VariableDefinition: ({ defaultValue: _, ...definition }) => ({
      ...definition,
      type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: coercedTypeName } },
    }),
  })
}
