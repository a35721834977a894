import { Kind, type OperationDefinitionNode } from 'graphql'

/** Mutations by which consumers are given batches and settle them. */
const urgentFields: ReadonlySet<string> = new Set([
  ...['nextBatch', 'nextCoopBatch', 'finishBatch', 'stageSettlement', 'touchBatch'],
  ...['retryEvent', 'retryBatch', 'failEvent'],
])

/** Says whether an operation serves a consumer at work, so that it does not wait behind publishing and lists. */
export function isUrgent({ selectionSet }: OperationDefinitionNode): boolean {
  return selectionSet.selections.every(
    (each) => each.kind === Kind.FIELD && urgentFields.has(each.name.value),
  )
}
