import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  validate,
  visit,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { readVariables, type Variable } from './coerce-variables.ts'
import { type DocumentLimits, documentRules, parseDocument, stepsTo } from './document-rules.ts'
import { coercedTypeName } from './execution-schema.ts'
import type { Steps } from './field-path.ts'

/** An operation of a valid document. It is the same object for all who send that document. */
export interface KnownOperation {
  /** Tells this operation from others in this process. */
  readonly id: number
  readonly type: OperationTypeNode
  readonly name: string | null
  readonly variables: readonly Variable[]
  /** The document for execution: its variables take values as they are, since they are coerced before. */
  readonly document: DocumentNode
  /** It asks for the schema itself. */
  readonly isIntrospection: boolean
}

/** Null for the name, too, where there is only one. */
type OperationsByName = ReadonlyMap<string | null, KnownOperation>

type ReadDocument = { operations: OperationsByName } | { errors: readonly GraphQLError[] }

/**
 * Bytes of all texts together, and of the largest that is remembered. A document takes some hundred times its text in
 * memory: client programs send the same few, and one that writes its data into the text is read each time.
 */
const MAX_CACHED_CHARACTERS = 250_000
const MAX_CACHED_DOCUMENT = 25_000
const MAX_CACHED_DOCUMENTS = 1_000

/** Reads documents: parses, validates and applies the limits, once for each text that keeps coming. */
export class Documents {
  readonly #schema: GraphQLSchema
  readonly #limits: DocumentLimits
  readonly #rules
  readonly #read = new LRUCache<string, ReadDocument>({
    max: MAX_CACHED_DOCUMENTS,
    maxSize: MAX_CACHED_CHARACTERS,
    maxEntrySize: MAX_CACHED_DOCUMENT,
    sizeCalculation: (_, text) => text.length || 1,
  })
  #operationCount = 0

  constructor(schema: GraphQLSchema, limits: DocumentLimits) {
    this.#schema = schema
    this.#limits = limits
    this.#rules = documentRules(limits)
  }

  get cachedCount(): number {
    return this.#read.size
  }

  /** Finds an operation by its name; by null where the document has only one. */
  find(text: string, name: string | null): KnownOperation | { errors: readonly GraphQLError[] } {
    let read = this.#read.get(text)
    if (!read) {
      read = this.#readDocument(text)
      this.#read.set(text, read)
    }
    if ('errors' in read) return read
    return read.operations.get(name) ?? { errors: [wrongName] }
  }

  #readDocument(text: string): ReadDocument {
    try {
      const document = parseDocument(text, this.#limits)
      const errors = validate(this.#schema, document, this.#rules)
      return errors.length > 0 ? { errors } : { operations: this.#operationsOf(document) }
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] }
      // Parsing and validating recurse, before or beside the rules that bound a document.
      if (error instanceof RangeError) return { errors: [tooDeep] }
      throw error
    }
  }

  #operationsOf(document: DocumentNode): OperationsByName {
    const definitions = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION)
    const isIntrospection = asksForSchema(document)
    const operations = definitions.map((definition): KnownOperation => {
      return {
        id: this.#operationCount++,
        type: definition.operation,
        name: definition.name?.value ?? null,
        variables: readVariables(
          definition.variableDefinitions ?? [],
          this.#schema,
          placesOf(definition, document),
        ),
        // Only our own schema for execution knows the type of a value that is coerced.
        document: isIntrospection ? document : withCoercedVariables(document),
        isIntrospection,
      }
    })
    const byName = new Map(operations.map((operation) => [operation.name, operation]))
    const [only] = operations
    return only && operations.length === 1 ? byName.set(null, only) : byName
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

/** Where each variable of an operation stands first, in it or in a fragment. */
function placesOf(operation: OperationDefinitionNode, document: DocumentNode): ReadonlyMap<string, Steps> {
  const places = new Map<string, Steps>()
  const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION)
  for (const definition of [operation, ...fragments]) {
    visit(definition, {
      Variable(node, _key, parent, _path, ancestors) {
        if (parent && 'kind' in parent && parent.kind === Kind.VARIABLE_DEFINITION) return
        const name = node.name.value
        if (!places.has(name)) places.set(name, stepsTo(node, parent, ancestors))
      },
    })
  }
  return places
}

/** Gives every variable the type of values that are coerced already; a default has been applied by then. */
function withCoercedVariables(document: DocumentNode): DocumentNode {
  return visit(document, {
    VariableDefinition: ({ defaultValue: _, ...definition }) => ({
      ...definition,
      type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: coercedTypeName } },
    }),
  })
}
