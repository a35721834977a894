import { complexityFromQuery } from '@pothos/plugin-complexity'
import {
  type DocumentNode,
  GraphQLError,
  GraphQLInt,
  type GraphQLSchema,
  getNullableType,
  Kind,
  type OperationDefinitionNode,
} from 'graphql'
import type { Variable, Variables } from './coerce-variables.ts'
import type { DocumentLimits } from './document-rules.ts'

/** Says what is wrong with the cost of an operation, given its variables; undefined where nothing is. */
export type CostCheck = (variables: Variables) => GraphQLError | undefined

/**
 * Makes the check of an operation's cost, as the fields of the schema declare it. Sizes of pages are the only arguments
 * that count, so an operation without integers among its variables is checked once.
 */
export function costCheck(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: readonly Variable[],
  limits: DocumentLimits,
): CostCheck {
  const sizes = variables.filter(isInteger).map(({ definition }) => definition)
  const counted = { ...operation, variableDefinitions: sizes }
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
  const alone: DocumentNode = { kind: Kind.DOCUMENT, definitions: [counted, ...fragments] }
  const check: CostCheck = (values) => {
    const { complexity } = complexityFromQuery(alone, { schema, variables: values, ctx: { limits } })
    return complexity > limits.maxCost ? tooCostly(complexity, limits.maxCost) : undefined
  }
  if (sizes.length > 0) return check
  const result = check({})
  return () => result
}

function isInteger({ type }: Variable): boolean {
  return getNullableType(type) === GraphQLInt
}

function tooCostly(cost: number, maxCost: number): GraphQLError {
  const shown = cost < 1e15 ? String(cost) : 'far more'
  return new GraphQLError(
    `The answer may cost ${shown}, at most ${maxCost} is allowed: ask for smaller pages with first, above all where lists are nested, or send several requests`,
    { extensions: { code: 'LIMIT_EXCEEDED' } },
  )
}
