import { isIntrospectionType, isObjectType } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { createPgqSchema } from '../../src/schema/index.ts'
import { withDeadline } from '../support/deadline.ts'
import { type Data, type Result, subscribe } from '../support/graphql.ts'
import { withoutEchoes } from './alike.ts'
import { type AttackedServer, canary, startAttackedServer } from './canaries.ts'
import {
  type Names,
  type Naming,
  type NamingOperation,
  pathsToFields,
  type RootType,
  rootOperation,
} from './documents.ts'
import {
  type Asker,
  administration,
  askers,
  fields,
  lists,
  needMore,
  nodes,
  type Outcome,
  outcomeOf,
  type Rule,
  roots,
  rootsWithMore,
  seesQueue,
} from './model.ts'

const schema = createPgqSchema()
const rootTypes = ['Query', 'Mutation', 'Subscription'] as const

let attacked: AttackedServer

beforeAll(async () => {
  attacked = await startAttackedServer()
  for (const { name, grants } of askers) attacked.server.admit(name, grants)
})

afterAll(async () => {
  await Promise.all([...sockets.values()].map((socket) => socket.dispose()))
  await attacked[Symbol.asyncDispose]()
})

type Way = 'POST' | 'GET' | 'SSE' | 'WebSocket'

const ways: Record<RootType, readonly Way[]> = {
  Query: ['POST', 'GET', 'SSE', 'WebSocket'],
  Mutation: ['POST', 'SSE', 'WebSocket'],
  Subscription: ['SSE', 'WebSocket'],
}

const sockets = new Map<string, Client>()

/** Asks for the first, or only, answer. */
async function ask(way: Way, asker: string, query: string, variables: Data): Promise<Result> {
  const { url } = attacked.server
  if (way === 'POST') return attacked.server.ask(asker, query, variables)
  if (way === 'GET') {
    const parameters = new URLSearchParams({ query, variables: JSON.stringify(variables) })
    const headers = { authorization: `Bearer ${asker}`, accept: 'application/json' }
    return (await (await fetch(`${url}?${parameters}`, { headers })).json()) as Result
  }
  if (way === 'SSE') {
    await using stream = subscribe('SSE', url, query, variables, asker)
    return await stream.next()
  }
  const socket = sockets.get(asker) ?? openSocket(asker)
  const iterator = socket.iterate({ query, variables })
  try {
    const { value } = await withDeadline(iterator.next(), `a message of ${query}`)
    return value as Result
  } finally {
    await iterator.return?.()
  }
}

function openSocket(asker: string): Client {
  const socket = createClient({
    url: attacked.server.url.replace(/^http/, 'ws'),
    connectionParams: { authorization: `Bearer ${asker}` },
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazyCloseTimeout: 10_000,
  })
  sockets.set(asker, socket)
  return socket
}

/** Codes that refuse a caller. */
const refusals = [
  'FORBIDDEN',
  'UNAUTHENTICATED',
  'NOT_FOUND',
  'QUEUE_NOT_FOUND',
  'CONSUMER_NOT_FOUND',
  'INTERNAL',
]

const codesOf = ({ errors }: Result) => errors?.map(({ extensions }) => extensions.code) ?? []

interface Attempt extends NamingOperation {
  what: string
  way: Way
  asker: Asker
  expected: Outcome
  hidden?: Names
  absent?: Names
}

/** Names of what is not there, where the asker may know of the rest. */
function absentFor(asker: Asker): Names {
  const { hidden, absent } = attacked
  return seesQueue(asker) ? { ...absent, queue: hidden.queue } : absent
}

/** Tries an operation. @returns What is wrong with the answer, or null. */
async function faultOf(attempt: Attempt): Promise<string | null> {
  const { what, way, asker, expected, query, variablesFor, hidden = attacked.hidden } = attempt
  const absent = attempt.absent ?? absentFor(asker)
  const answer = await ask(way, asker.name, query, variablesFor(hidden))
  const text = withoutEchoes(JSON.stringify(answer), { ...hidden })
  const fault = (why: string) => `${asker.name}: ${what} over ${way} ${why}: ${text.slice(0, 300)}`
  if (expected === 'given') {
    const isNull = Object.values(answer.data ?? {}).includes(null) && what.startsWith('Query')
    return isNull || codesOf(answer).some((code) => refusals.includes(code)) ? fault('is refused') : null
  }
  if (expected === 'forbidden') {
    // Who may read a batch may know whose it is.
    const isTelling = canary.test(text.replaceAll('canary_consumer', ''))
    return codesOf(answer).join() === 'FORBIDDEN' && !isTelling ? null : fault('is not FORBIDDEN, or tells')
  }
  if (canary.test(text)) return fault('tells what is hidden')
  const ofAbsent = withoutEchoes(JSON.stringify(await ask(way, asker.name, query, variablesFor(absent))), {
    ...absent,
  })
  return text === ofAbsent ? null : fault(`differs from ${ofAbsent.slice(0, 300)}`)
}

async function faultsOf(attempts: readonly Attempt[], atOnce = 8): Promise<string[]> {
  const rest = [...attempts]
  const faults: string[] = []
  const work = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) {
      const fault = await faultOf(next)
      if (fault !== null) faults.push(fault)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return faults
}

describe('the model of permissions', () => {
  test('knows every field of the roots', () => {
    const inSchema = rootTypes.flatMap((type) => Object.keys(fieldsOf(type)).map((name) => `${type}.${name}`))
    expect(inSchema.sort()).toEqual([...Object.keys(roots), ...lists, ...administration, 'Query.node'].sort())
  })

  test('knows every field of every object', () => {
    const objects = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter((type) => !isIntrospectionType(type) && !rootTypes.some((root) => root === type.name))
    const inSchema = objects.map((type) => [type.name, Object.keys(type.getFields()).sort()])
    const inModel = Object.entries(fields).map(([type, rules]) => [type, Object.keys(rules).sort()])
    expect(Object.fromEntries(inSchema)).toEqual(Object.fromEntries(inModel))
  })

  test('knows every type of nodes', () => {
    const inSchema = schema.getPossibleTypes(schema.getType('Node') as never).map(({ name }) => name)
    expect([...inSchema].sort()).toEqual(Object.keys(nodes).sort())
  })
})

function fieldsOf(root: RootType) {
  return (schema.getType(root) as import('graphql').GraphQLObjectType).getFields()
}

/** Roots that would change what is attacked, and are tried with permission elsewhere. */
const destructive = [
  'Mutation.requeueDeadLetters',
  'Mutation.deleteDeadLetters',
  'Mutation.requeueAllDeadLetters',
  'Mutation.deleteAllDeadLetters',
]

/** Makes what is to be tried of a root: each of its fields that name something. */
function attemptsAt(root: RootType, asker: Asker): Omit<Attempt, 'way'>[] {
  return Object.values(fieldsOf(root)).flatMap((field) => {
    const name = `${root}.${field.name}`
    const rule = roots[name]
    if (!rule) return []
    const attempt = (naming: Naming, rules: Rule | readonly Rule[]): Omit<Attempt, 'way'> => {
      const expected = outcomeOf(asker, rules)
      // What is given may hold fields that need more.
      const depth = expected === 'hidden' ? 2 : 0
      return {
        ...rootOperation(field, root, { naming, depth }),
        what: `${name} by ${naming} names`,
        asker,
        expected,
      }
    }
    const full = attempt('all', rootsWithMore[name] ?? rule)
    return root === 'Mutation' && !needMore.includes(name) ? [full, attempt('required', rule)] : [full]
  })
}

describe.each(askers)('$name', (asker) => {
  test.each(rootTypes)(
    'gets of each field of the %s what the model says, over each transport',
    async (root) => {
      const attempts = attemptsAt(root, asker)
        .filter(
          ({ what, expected }) => expected !== 'given' || !destructive.some((each) => what.startsWith(each)),
        )
        .flatMap((attempt) => ways[root].map((way): Attempt => ({ ...attempt, way })))
      expect(await faultsOf(attempts, root === 'Query' ? 8 : 1)).toEqual([])
    },
  )

  test('gets by the id of a node what the model says', async () => {
    const { hidden, absent } = attacked
    const idOf = (type: string, names: Names) => {
      const { database, queue, consumer, batchId, deadLetterId, type: eventType } = names
      const keys: Record<string, string[]> = {
        Queue: [queue],
        Consumer: [queue, consumer],
        Batch: [batchId],
        DeadLetter: [deadLetterId],
        EventType: [queue, eventType],
        Tick: [queue, names === hidden ? '770000001' : '4200000004'],
      }
      return Buffer.from(`${type}:${[database, ...(keys[type] ?? [])].join('/')}`).toString('base64url')
    }
    const attempts = Object.entries(nodes).flatMap(([type, rule]) =>
      ways.Query.map(
        (way): Attempt => ({
          query: 'query ($id: ID!) { node(id: $id) { __typename id } }',
          variablesFor: (names) => ({ id: idOf(type, names) }),
          what: `the node of a ${type}`,
          way,
          asker,
          expected: outcomeOf(asker, rule),
        }),
      ),
    )
    expect(await faultsOf(attempts)).toEqual([])
    for (const [type, rule] of Object.entries(nodes))
      if (outcomeOf(asker, rule) === 'given') {
        const variables = { id: idOf(type, hidden) }
        const { node } = await attacked.server.done(
          asker.name,
          'query ($id: ID!) { node(id: $id) { __typename } }',
          variables,
        )
        expect(node).toEqual({ __typename: type })
      }
    expect(absent.queue).not.toBe(hidden.queue)
  })

  test('gets of each field of each object what the model says', async () => {
    const paths = pathsToFields(schema, [
      'queue',
      'consumer',
      'batch',
      'eventType',
      'deadLetters',
      'deadLetterGroups',
      'events',
      'event',
      'databases',
      'me',
    ])
    const attempts = paths.map(({ steps, ...operation }): Attempt => {
      const [root = '', ...rest] = steps
      const rules = rest.flatMap((step) => {
        const [type = '', field = ''] = step.split('.')
        const rule = fields[type]?.[field]
        return rule === undefined || rule === 'along' ? [] : [rule]
      })
      // Lists of databases hold no name that is given.
      const first = roots[root]
      const expected = outcomeOf(asker, first ? [first, ...rules] : rules)
      const isListed = steps[0] === 'Query.databases' && asker.at === 'nothing'
      return {
        ...operation,
        what: steps.join(' > '),
        way: 'POST',
        asker,
        expected: isListed ? 'given' : expected,
      }
    })
    expect(attempts.length).toBeGreaterThan(100)
    expect(await faultsOf(attempts)).toEqual([])
  })

  if (!['everything', 'other database'].includes(asker.at))
    test('finds no trace of another database', async () => {
      const { hidden, absent } = attacked
      const attempts = rootTypes.flatMap((root) =>
        attemptsAt(root, asker).map(
          (attempt): Attempt => ({
            ...attempt,
            what: `${attempt.what} in another database`,
            way: root === 'Subscription' ? 'WebSocket' : 'POST',
            expected: 'hidden',
            hidden: { ...hidden, database: 'second', queue: 'canary_second' },
            absent: { ...absent, database: 'nowhere', queue: 'canary_absent' },
          }),
        ),
      )
      expect(await faultsOf(attempts)).toEqual([])
    })

  test('is listed what they may see, and nothing else', async () => {
    const { server } = attacked
    const { data } = await server.ask(
      asker.name,
      '{ databases { name queues { nodes { name } } } me { name } }',
    )
    const seesMain = !['nothing', 'other database'].includes(asker.at)
    const seesQueue = ['everything', 'queue', 'consumer', 'events'].includes(asker.at)
    const seesSecond = ['everything', 'other database'].includes(asker.at)
    const ofMain = [
      ...(seesQueue ? ['canary_queue'] : []),
      ...(['everything', 'other queue'].includes(asker.at) ? ['plain_queue'] : []),
    ]
    const listed = (name: string, queues: string[]) => ({
      name,
      queues: { nodes: queues.map((queue) => ({ name: queue })) },
    })
    expect(data).toEqual({
      databases: [
        ...(seesMain ? [listed('main', ofMain)] : []),
        ...(seesSecond ? [listed('second', ['canary_second'])] : []),
      ],
      me: { name: asker.name },
    })
    if (!seesMain) return
    const allConsumers = ['canary_consumer', 'canary_coop', 'canary_other']
    const seesConsumers = asker.verb !== 'publish' && seesQueue && asker.at !== 'events'
    const consumers = seesConsumers ? (asker.at === 'consumer' ? allConsumers.slice(0, 2) : allConsumers) : []
    const more = await server.done(
      asker.name,
      '{ queues { nodes { name } } consumers { nodes { name } } eventTypes { type } }',
    )
    expect(more).toEqual({
      queues: { nodes: ofMain.map((name) => ({ name })) },
      consumers: { nodes: consumers.map((name) => ({ name })) },
      eventTypes: seesQueue ? [{ type: 'canary_type' }] : [],
    })
    for (const way of ways.Subscription) {
      const queues = await ask(
        way,
        asker.name,
        'subscription { queueStats(intervalSeconds: 0.1) { name } }',
        {},
      )
      expect(queues.data).toEqual({ queueStats: ofMain.map((name) => ({ name })) })
      const stats = await ask(
        way,
        asker.name,
        'subscription { consumerStats(intervalSeconds: 0.1) { name } }',
        {},
      )
      expect(stats.data).toEqual({ consumerStats: consumers.map((name) => ({ name })) })
    }
  })
})
