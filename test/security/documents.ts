import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
} from 'graphql'
import type { Data } from '../support/graphql.ts'

/** What operations name. */
export interface Names {
  database: string
  queue: string
  consumer: string
  member: string
  type: string
  batchId: string
  eventId: string
  deadLetterId: string
  /** Of a job on dead letters. */
  jobId: string
}

/** An operation whose variables name something. */
export interface NamingOperation {
  query: string
  variablesFor(names: Names): Data
}

export type RootType = 'Query' | 'Mutation' | 'Subscription'

/** Arguments and input fields that name nothing, and are left out. */
const indifferent = new Set(
  `first last before atTick nameLike filter force minLagSeconds minCount minIntervalSeconds deadIntervalSeconds
  heartbeatSeconds standby intervalSeconds batchHandling externalTicker rotationPeriodSeconds tickerIdlePeriodSeconds
  tickerMaxCount tickerMaxLagSeconds tickerPaused enforce data json extra1 extra2 extra3 extra4 reason at
  failures retries stagedParts replaces source dryRun toTick toTime
  toNewest`.split(/\s+/),
)

/** A token that no lease has. */
const NO_LEASE = '00000000-0000-4000-8000-000000000000'

/** Finds a value for an argument or input field by its name and where it stands. @throws for one that is not known. */
function namedValue(name: string, owner: string, names: Names): unknown {
  const named: Record<string, unknown> = {
    database: names.database,
    queue: names.queue,
    queues: [names.queue],
    consumer: names.consumer,
    subconsumer: names.member,
    name: owner === 'Query.consumer' ? names.consumer : names.queue,
    id: owner === 'Query.batch' ? names.batchId : names.jobId,
    batchId: names.batchId,
    eventId: names.eventId,
    deadLetterIds: [names.deadLetterId],
    type: owner === 'RemoveEventTypeInput' ? `${names.type}_gone` : names.type,
    schema: { title: names.type },
    after: '1',
    afterSeconds: 60,
    leaseToken: NO_LEASE,
    part: 1,
    verbs: ['ADMIN'],
    mover: 'plain_mover',
  }
  if (name in named) return named[name]
  throw new Error(
    `${owner} takes ${name}, of which the matrix knows nothing: give it a value, or call it indifferent`,
  )
}

/** Which arguments are given: those that must be, or all that name something. */
export type Naming = 'required' | 'all'

function isTaken(input: GraphQLArgument | GraphQLInputField, isRequired: boolean, naming: Naming): boolean {
  if (input.name === 'database' || isRequired) return true
  return naming === 'all' && !indifferent.has(input.name)
}

function inputOf(
  type: GraphQLInputType,
  { name, owner, names, naming }: { name: string; owner: string; names: Names; naming: Naming },
): unknown {
  const inner = getNullableType(type)
  if (isListType(inner) && isInputObjectType(getNamedType(inner)))
    return [inputOf(inner.ofType, { name, owner, names, naming })]
  if (!isInputObjectType(inner)) return namedValue(name, owner, names)
  const taken = Object.values(inner.getFields()).filter((field) =>
    isTaken(field, isRequiredInputField(field), naming),
  )
  return Object.fromEntries(
    taken.map((field) => [
      field.name,
      inputOf(field.type, { name: field.name, owner: inner.name, names, naming }),
    ]),
  )
}

/** Makes variables of a field's arguments. */
function parametersOf(field: GraphQLField<unknown, unknown>, root: RootType, naming: Naming) {
  const taken = field.args.filter((arg) => {
    // A cursor is no name; the tick to begin after makes streams answer at once.
    if (arg.name === 'after') return root === 'Subscription'
    return isTaken(arg, isRequiredArgument(arg), naming)
  })
  return {
    declared: taken.map((arg) => `$${arg.name}: ${arg.type}`).join(', '),
    passed: taken.map((arg) => `${arg.name}: $${arg.name}`).join(', '),
    variablesFor: (names: Names): Data =>
      Object.fromEntries(
        taken.map((arg) => [
          arg.name,
          inputOf(arg.type, { name: arg.name, owner: `${root}.${field.name}`, names, naming }),
        ]),
      ),
  }
}

const inParentheses = (text: string) => (text === '' ? '' : `(${text})`)

/** Selects everything of a type that needs no arguments, so many levels deep. */
function selectionOf(type: GraphQLNamedOutputType, depth: number): string {
  if (isUnionType(type))
    return `{ __typename ${type
      .getTypes()
      .map((each) => `... on ${each.name} ${selectionOf(each, depth)}`)
      .join(' ')} }`
  if (!isObjectType(type)) return isCompositeType(type) ? '{ __typename }' : ''
  const fields = Object.values(type.getFields()).flatMap((field) => {
    if (field.args.some(isRequiredArgument)) return []
    const inner = getNamedType(field.type)
    if (!isCompositeType(inner)) return [field.name]
    return depth > 0 ? [`${field.name} ${selectionOf(inner, depth - 1)}`] : []
  })
  return `{ __typename ${fields.join(' ')} }`
}

/** Makes the operation of one field of a root, with everything so many levels below it. */
export function rootOperation(
  field: GraphQLField<unknown, unknown>,
  root: RootType,
  { naming, depth }: { naming: Naming; depth: number },
): NamingOperation {
  const { declared, passed, variablesFor } = parametersOf(field, root, naming)
  const selection = depth > 0 ? selectionOf(getNamedType(field.type), depth) : '{ __typename }'
  const query = `${root.toLowerCase()} ${inParentheses(declared)} { ${field.name}${inParentheses(passed)} ${selection} }`
  return { query, variablesFor }
}

/** A way from a field of the root to one of an object. */
export interface Path extends NamingOperation {
  /** The fields on it, as `Type.field`. */
  steps: readonly string[]
}

/** Finds a short way to every field that can be asked for, beginning at these fields of the query. */
export function pathsToFields(schema: GraphQLSchema, from: readonly string[]): Path[] {
  const roots = schema.getQueryType()?.getFields() ?? {}
  interface Open {
    steps: string[]
    open: string
    close: string
    type: GraphQLNamedOutputType
    head: ReturnType<typeof parametersOf>
  }
  const found: Path[] = []
  const queue: Open[] = from.flatMap((name) => {
    const field = roots[name]
    if (!field) return []
    const head = parametersOf(field, 'Query', 'required')
    const open = `query ${inParentheses(head.declared)} { ${name}${inParentheses(head.passed)} {`
    return [{ steps: [`Query.${name}`], open, close: '} }', type: getNamedType(field.type), head }]
  })
  const known = new Set<string>()
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { type, steps, open, close, head } = next
    if (!isObjectType(type) || known.has(type.name)) continue
    known.add(type.name)
    for (const field of Object.values(type.getFields())) {
      const inner = getNamedType(field.type)
      const isLeaf = !isCompositeType(inner)
      const args = field.args.some(isRequiredArgument) ? '(verbs: [ADMIN])' : ''
      const ways = [...steps, `${type.name}.${field.name}`]
      const query = `${open} ${field.name}${args}${isLeaf ? '' : ' { __typename }'} ${close}`
      found.push({ steps: ways, query, variablesFor: head.variablesFor })
      if (!isLeaf)
        queue.push({ steps: ways, open: `${open} ${field.name} {`, close: `} ${close}`, type: inner, head })
    }
  }
  return found
}
