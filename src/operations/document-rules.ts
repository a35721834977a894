import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import { MaxTokensParserWLexer } from '@escape.tech/graphql-armor-max-tokens'
import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  GraphQLString,
  getEnterLeaveForKind,
  getNamedType,
  Kind,
  OperationTypeNode,
  OverlappingFieldsCanBeMergedRule,
  type SelectionNode,
  specifiedRules,
  type ValidationRule,
} from 'graphql'
import type { defaultLimits } from '../defaults.ts'
import { fieldOf, unstorable } from './field-path.ts'
import { nodesAbove, placesOf, stepsTo, type VariablePlaces } from './value-steps.ts'

/** Limits on a GraphQL document, checked before any of it runs. */
export type DocumentLimits = Pick<
  typeof defaultLimits,
  'maxAliases' | 'maxDepth' | 'maxTokens' | 'maxCost' | 'maxPageSize'
>

/** Parses a document. @throws GraphQLError for a syntax error; `LIMIT_EXCEEDED` for too many tokens. */
export function parseDocument(text: string, { maxTokens }: DocumentLimits): DocumentNode {
  const refuse = refusal(`more than ${maxTokens} tokens; pass data as variables`)
  return new MaxTokensParserWLexer(text, { n: maxTokens, ...refuse }).parseDocument()
}

/** Lists the rules for a document: those of GraphQL, the limits, and those for what this API cannot serve. */
export function documentRules(
  { maxAliases, maxDepth }: DocumentLimits,
  hasIntrospection = true,
): ValidationRule[] {
  return [
    ...(hasIntrospection ? [] : [NoIntrospection]),
    ...specifiedRules.map((rule) => (rule === OverlappingFieldsCanBeMergedRule ? MergeableFields : rule)),
    UnconditionalSubscriptions,
    NamesOfVariables,
    StorableText,
    FewCopiesOfEvents,
    maxAliasesRule({
      n: maxAliases,
      allowList: [],
      ...refusal(`more than ${maxAliases} aliases; use lists, or several requests`),
    }) as ValidationRule,
    maxDepthRule({
      n: maxDepth,
      flattenFragments: true,
      ...refusal(`fields nested deeper than ${maxDepth}`),
    }) as ValidationRule,
  ]
}

/** Fields that tell the schema; the last is that of Apollo Federation. */
const introspectionFields = new Set(['__schema', '__type', '_service'])

/** Refuses to tell the schema. */
const NoIntrospection: ValidationRule = (context) => ({
  Field(node) {
    if (!introspectionFields.has(node.name.value)) return
    const message =
      'Introspection is off on this server; the schema is the file schema.graphql of the package pgq-graphql'
    context.reportError(new GraphQLError(message, { nodes: node, extensions: { code: 'FORBIDDEN' } }))
  },
})

/** Makes a library's limit throw an error with a code, since its own error has none. */
function refusal(what: string) {
  return {
    onReject: [
      () => {
        throw new GraphQLError(`The document has ${what}`, { extensions: { code: 'LIMIT_EXCEEDED' } })
      },
    ],
  }
}

/**
 * Checks that fields of equal names can be merged. GraphQL compares each with each, and at some five hundred gives up with an
 * error that names neither the reason nor a remedy.
 */
const MergeableFields: ValidationRule = (context) => {
  const { enter: compare } = getEnterLeaveForKind(
    OverlappingFieldsCanBeMergedRule(context),
    Kind.SELECTION_SET,
  )
  return {
    SelectionSet(...place) {
      try {
        return compare?.(...place)
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error
        const message =
          'The document has too many fields of equal names; name each once, or send several requests'
        throw new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } })
      }
    },
  }
}

/** Refuses `@skip` and `@include` at a subscription's field: graphql would fail to find a skipped one. */
const UnconditionalSubscriptions: ValidationRule = (context) => ({
  OperationDefinition({ operation, selectionSet }) {
    if (operation !== OperationTypeNode.SUBSCRIPTION) return
    const pending: SelectionNode[] = [...selectionSet.selections]
    const spread = new Set<string>()
    for (let selection = pending.pop(); selection; selection = pending.pop()) {
      const condition = selection.directives?.find(({ name }) => conditions.has(name.value))
      if (condition) {
        const message = `@${condition.name.value} cannot stand at the field of a subscription; leave the subscription out instead`
        context.reportError(new GraphQLError(message, { nodes: condition }))
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(...selection.selectionSet.selections)
      if (selection.kind === Kind.FRAGMENT_SPREAD && !spread.has(selection.name.value)) {
        spread.add(selection.name.value)
        pending.push(...(context.getFragment(selection.name.value)?.selectionSet.selections ?? []))
      }
    }
  },
})

const conditions = new Set(['skip', 'include'])

/** Fields of an event whose size its publisher chooses. */
const texts = new Set(['type', 'data', 'extra1', 'extra2', 'extra3', 'extra4', 'json'])
/** Maximum number of aliases of each: with every one, the answer holds one more copy of the events. */
const MAX_COPIES = 3

/** Refuses many aliases of the texts of events, since an answer is bounded by the size of its events. */
const FewCopiesOfEvents: ValidationRule = (context) => {
  const copies = new Map<string, number>()
  return {
    Field({ alias, name: { value: name } }) {
      if (!alias || !texts.has(name) || context.getParentType()?.name !== 'Event') return
      const count = (copies.get(name) ?? 0) + 1
      copies.set(name, count)
      if (count !== MAX_COPIES + 1) return
      const message = `The document has more than ${MAX_COPIES} aliases of an event's ${name}; share a fragment, or send several requests`
      context.reportError(new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } }))
    },
  }
}

/** Refuses a variable that graphql would lose: it collects values in an object with a prototype. */
const NamesOfVariables: ValidationRule = (context) => ({
  VariableDefinition({ variable }) {
    if (variable.name.value !== '__proto__') return
    const message = 'A variable cannot have the name $__proto__; choose another'
    context.reportError(new GraphQLError(message, { nodes: variable }))
  },
})

/** Refuses literal texts in the document that PostgreSQL cannot hold. */
const StorableText: ValidationRule = (context) => {
  const places = new Map<ASTNode, ReadonlyMap<string, VariablePlaces>>()
  /** Finds the path to the values below these nodes: to the first use for a variable's default, if it has one. */
  const startOf = ([, operation, definition]: readonly ASTNode[]) => {
    if (operation?.kind !== Kind.OPERATION_DEFINITION) return []
    if (definition?.kind !== Kind.VARIABLE_DEFINITION) return []
    const known = places.get(operation) ?? placesOf(operation, context)
    places.set(operation, known)
    return known.get(definition.variable.name.value)?.first
  }
  return {
    StringValue(node, _key, parent, _path, ancestors) {
      const type = context.getInputType()
      if (!type || getNamedType(type) !== GraphQLString) return
      const fault = unstorable(node.value)
      if (!fault) return
      const above = nodesAbove(parent, ancestors)
      const start = startOf(above)
      // Another rule refuses a variable without a use.
      if (!start) return
      const field = fieldOf([...start, ...stepsTo(node, above)])
      context.reportError(
        new GraphQLError(`${field} ${fault}`, { nodes: node, extensions: { code: 'BAD_INPUT', field } }),
      )
    },
  }
}
