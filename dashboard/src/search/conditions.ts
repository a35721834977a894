import type { SearchEventsQueryVariables } from '../generated/operations.ts'
import { instantOf, namesIn } from '../ui/format.ts'
import { readPath, readValue } from './json-condition.ts'

/** Names of the conditions in the address of a search, each of them a text as somebody types it. */
export const conditionNames = [
  'types',
  'text',
  'path',
  'equals',
  'from',
  'to',
  'extra1',
  'extra2',
  'extra3',
  'extra4',
] as const

export type Conditions = { [Name in (typeof conditionNames)[number]]?: string | undefined }

type EventSearch = SearchEventsQueryVariables['filter']

/** Returns conditions as the gateway takes them. Without a path, the value is that of the whole data. */
export function filterOf(conditions: Conditions): EventSearch {
  const { types, text, path, equals, from, to, ...extras } = conditions
  return {
    ...extras,
    ...(types !== undefined && { types: namesIn(types) }),
    ...(text !== undefined && { contains: text }),
    ...(equals !== undefined && { json: { path: readPath(path ?? '[]'), equals: readValue(equals) } }),
    ...(from !== undefined && { from: instantOf(from) }),
    ...(to !== undefined && { to: instantOf(to) }),
  }
}
