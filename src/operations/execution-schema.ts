import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  GraphQLIncludeDirective,
  GraphQLNonNull,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLScalarType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  isCompositeType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { parseEventData } from '../resolvers/events/event-data.ts'
import type { EventRow } from '../resolvers/events/event-row.ts'
import type { SchemaContext } from '../schema/context.ts'

/** Type of a variable whose value is coerced already. Clients cannot use it: validation knows the real schema. */
export const coercedTypeName = 'CoercedValue'

/**
 * Makes a schema that is faster to execute. Lists of events are nearly all of the work in large answers, and graphql
 * completes each field of each event separately: ten calls of a resolver and a serializer for values that the row has
 * in wire form already. Here a list is one value to graphql, and a loop copies the selected fields from the rows.
 *
 * Other lists are handed out by the request's budget, and read a few at a time.
 *
 * Validation and introspection need the real schema. A list of events must contain `EventRow`s alone.
 *
 * @param schema Changed in place, and unfit for any other use.
 */
export function toExecutionSchema(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    // The types of introspection are one and the same for all schemas of the process.
    if (!isObjectType(type) || isIntrospectionType(type)) continue
    const isRoot = type === schema.getQueryType()
    for (const field of Object.values(type.getFields())) {
      if (isEventList(field.type)) shorten(field)
      else if (isListOfObjects(field.type)) pace(field)
      if (isRoot && readsList(field.type)) takeTurns(field)
    }
  }
  schema.getTypeMap()[coercedTypeName] = new GraphQLScalarType({ name: coercedTypeName })
  return schema
}

/** Stands for a client's `[Event!]!`; its values are serialized already. */
const EventList = new GraphQLNonNull(new GraphQLScalarType({ name: 'EventList' }))

function isEventList(type: GraphQLOutputType): boolean {
  return isNonNullType(type) && isListType(type.ofType) && getNamedType(type).name === 'Event'
}

function shorten(field: GraphQLField<unknown, unknown>): void {
  const resolve: GraphQLFieldResolver<unknown, unknown> = field.resolve ?? defaultFieldResolver
  field.type = EventList
  field.resolve = (parent, args, context, info) => {
    const rows = resolve(parent, args, context, info) as EventRow[] | Promise<EventRow[]>
    return rows instanceof Promise
      ? rows.then((found) => selectFields(found, info))
      : selectFields(rows, info)
  }
}

function isListOfObjects(type: GraphQLOutputType): boolean {
  return isListType(getNullableType(type)) && isCompositeType(getNamedType(type))
}

/** Says whether a field reads a list, rather than rows that are looked up together with others. */
function readsList(type: GraphQLOutputType): boolean {
  return isListType(getNullableType(type)) || getNamedType(type).name.endsWith('Connection')
}

/** Has the request's budget hand out the rows of a list. */
function pace(field: GraphQLField<unknown, SchemaContext>): void {
  const resolve = field.resolve ?? defaultFieldResolver
  field.resolve = (parent, args, context, info) => {
    const width = info.fieldNodes.reduce((sum, { selectionSet }) => sum + widthOf(selectionSet, info), 0)
    const rows = resolve(parent, args, context, info) as unknown[] | Promise<unknown[]>
    return rows instanceof Promise
      ? rows.then((found) => context.budget.pace(found, width))
      : context.budget.pace(rows, width)
  }
}

/** Has the lists of one request be read a few at a time. */
function takeTurns(field: GraphQLField<unknown, SchemaContext>): void {
  const resolve = field.resolve ?? defaultFieldResolver
  field.resolve = (parent, args, context, info) =>
    context.budget.run(() => resolve(parent, args, context, info))
}

const widths = new WeakMap<SelectionSetNode, number>()

/** Counts the fields that a selection has for each row, those of nested rows once. */
function widthOf(selectionSet: SelectionSetNode | undefined, info: GraphQLResolveInfo): number {
  if (!selectionSet) return 0
  const known = widths.get(selectionSet)
  if (known !== undefined) return known
  const width = selectionSet.selections.reduce((sum, selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD)
      return sum + widthOf(info.fragments[selection.name.value]?.selectionSet, info)
    return sum + (selection.kind === Kind.FIELD ? 1 : 0) + widthOf(selection.selectionSet, info)
  }, 0)
  widths.set(selectionSet, width)
  return width
}

type Column = keyof EventRow | 'json' | '__typename'

interface SelectedField {
  /** Name of the field in the answer. */
  name: string
  column: Column
}

function selectFields(rows: readonly EventRow[], info: GraphQLResolveInfo): readonly object[] {
  const columns = new Map<string, Column>()
  for (const { selectionSet } of info.fieldNodes) collect(selectionSet, info, columns)
  const fields = [...columns].map(([name, column]): SelectedField => ({ name, column }))
  if (isWholeRow(rows[0], fields)) return rows
  return rows.map((row) => {
    const selected: Record<string, unknown> = {}
    for (const { name, column } of fields) selected[name] = fieldOf(row, column)
    return selected
  })
}

/** Says whether the rows can be returned as they are: each column under its own name, in the row's order. */
function isWholeRow(row: EventRow | undefined, fields: readonly SelectedField[]): boolean {
  const names = Object.keys(row ?? {})
  return (
    names.length === fields.length &&
    fields.every(({ name, column }, index) => name === column && name === names[index])
  )
}

function fieldOf(row: EventRow, column: Column): unknown {
  if (column === 'json') return parseEventData(row.data)
  return column === '__typename' ? 'Event' : row[column]
}

/** Collects fields as graphql does: in the order of their first appearance, fragments in place, each name once. */
function collect(
  selectionSet: SelectionSetNode | undefined,
  info: GraphQLResolveInfo,
  columns: Map<string, Column>,
): void {
  for (const selection of selectionSet?.selections ?? []) {
    if (!isIncluded(selection, info)) continue
    if (selection.kind === Kind.FIELD) {
      columns.set(selection.alias?.value ?? selection.name.value, selection.name.value as Column)
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      collect(selection.selectionSet, info, columns)
    } else {
      collect(info.fragments[selection.name.value]?.selectionSet, info, columns)
    }
  }
}

function isIncluded(selection: SelectionNode, { variableValues }: GraphQLResolveInfo): boolean {
  if (!selection.directives?.length) return true
  return (
    getDirectiveValues(GraphQLSkipDirective, selection, variableValues)?.if !== true &&
    getDirectiveValues(GraphQLIncludeDirective, selection, variableValues)?.if !== false
  )
}
