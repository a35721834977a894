import DataLoader from 'dataloader'
import type { Databases } from '../database/databases.ts'
import { groupBy } from '../group-by.ts'
import type { Int8 } from '../int8.ts'
import type { Database } from '../postgres/connections.ts'
import { type BatchRow, findBatches } from './batches/next-batch.ts'
import { type ConsumerRow, findConsumersOfQueues, findRotationBlockers } from './consumers/consumers.ts'
import { countDeadLetters, type DeadLetterRow, findDeadLetters } from './dead-letters/dead-letters.ts'
import {
  type EventTypeKey,
  type EventTypeRow,
  findEventTypes,
  findEventTypesByKey,
  findEventTypeVersions,
} from './event-types/event-types.ts'
import type { PageRequest } from './page.ts'
import { countRetries, findQueues, type QueueRow } from './queues/queues.ts'
import { findTickPages, findTicks, type TickRow } from './ticks/ticks.ts'

interface QueueKey {
  database: string
  name: string
}

/** The look-ups that fields of list items need, each collected into one statement per database and request. */
export interface Loaders {
  queue: DataLoader<QueueKey, QueueRow | null>
  /** All subscriptions of a queue, members included. */
  consumers: DataLoader<QueueKey, ConsumerRow[]>
  rotationBlocker: DataLoader<QueueKey, ConsumerRow | null>
  retryCount: DataLoader<{ database: string; queueId: number }, Int8>
  deadLetterCount: DataLoader<QueueKey, Int8>
  batch: DataLoader<{ database: string; batchId: Int8 }, BatchRow | null>
  /** One page of a queue's ticks, in the order that the request reads them. */
  tickPage: DataLoader<TickPageKey, TickRow[]>
  tick: DataLoader<{ database: string; queue: string; tickId: Int8 }, TickRow | null>
  deadLetter: DataLoader<{ database: string; id: Int8 }, DeadLetterRow | null>
  /** The registered types of a queue, by name. */
  eventTypes: DataLoader<QueueKey, EventTypeRow[]>
  /** All versions of a type, the newest first; empty where it is not registered. */
  eventTypeVersions: DataLoader<EventTypeKey, EventTypeRow[]>
  eventType: DataLoader<EventTypeKey, EventTypeRow | null>
}

interface TickPageKey {
  database: string
  queue: string
  request: PageRequest
}

/**
 * Nothing is remembered after it was given out, so one set serves a whole process: requests at the same moment share
 * statements, and the messages of a subscription never see old rows.
 */
export function createLoaders(databases: Databases): Loaders {
  const perDatabase = <Key extends { database: string }, Value>(
    load: (database: Database, keys: readonly Key[]) => Promise<(key: Key) => Value>,
  ) =>
    new DataLoader<Key, Value>((keys) => loadPerDatabase(databases, keys, load), {
      cache: false,
    })

  const consumers = perDatabase<QueueKey, ConsumerRow[]>(async (database, keys) => {
    const byQueue = groupBy(await findConsumersOfQueues(database, names(keys)), (row) => row.queueName)
    return (key) => byQueue.get(key.name) ?? []
  })

  return {
    consumers,
    queue: perDatabase(async (database, keys) => {
      const byName = new Map((await findQueues(database, names(keys))).map((row) => [row.name, row]))
      return (key) => byName.get(key.name) ?? null
    }),
    rotationBlocker: perDatabase(async (database, keys) => {
      const blockers = new Map(
        (await findRotationBlockers(database, names(keys))).map((row) => [row.queueName, row.name]),
      )
      const rows = await Promise.all(
        [...blockers].map(async ([queue, consumer]) => {
          const all = await consumers.load({ database: database.name, name: queue })
          return [queue, all.find((row) => row.name === consumer) ?? null] as const
        }),
      )
      const byQueue = new Map(rows)
      return (key) => byQueue.get(key.name) ?? null
    }),
    retryCount: perDatabase(async (database, keys) => {
      const rows = await countRetries(
        database,
        keys.map((key) => key.queueId),
      )
      const byId = new Map(rows.map((row) => [row.queueId, row.count]))
      return (key) => byId.get(key.queueId) ?? '0'
    }),
    deadLetterCount: perDatabase(async (database, keys) => {
      const byName = new Map(
        (await countDeadLetters(database, names(keys))).map((row) => [row.queueName, row.count]),
      )
      return (key) => byName.get(key.name) ?? '0'
    }),
    batch: perDatabase(async (database, keys) => {
      const byId = new Map(
        (
          await findBatches(
            database,
            keys.map((key) => key.batchId),
          )
        ).map((row) => [row.batchId, row]),
      )
      return (key) => byId.get(key.batchId) ?? null
    }),
    tickPage: perDatabase(async (database, keys) => {
      const pages = new Map<string, TickRow[]>()
      const pageKey = (request: PageRequest, queue: string) => JSON.stringify([request, queue])
      await Promise.all(
        [...groupBy(keys, (key) => JSON.stringify(key.request)).values()].map(async (alike) => {
          const request = alike[0]?.request as PageRequest
          const rows = await findTickPages(database, [...new Set(alike.map((key) => key.queue))], request)
          for (const [queue, ticks] of groupBy(rows, (row) => row.queueName))
            pages.set(pageKey(request, queue), ticks)
        }),
      )
      return (key) => pages.get(pageKey(key.request, key.queue)) ?? []
    }),
    tick: perDatabase(async (database, keys) => {
      const byKey = new Map(
        (await findTicks(database, keys)).map((row) => [`${row.tickId} ${row.queueName}`, row]),
      )
      return (key) => byKey.get(`${key.tickId} ${key.queue}`) ?? null
    }),
    deadLetter: perDatabase(async (database, keys) => {
      const byId = new Map(
        (
          await findDeadLetters(
            database,
            keys.map((key) => key.id),
          )
        ).map((row) => [row.deadLetterId, row]),
      )
      return (key) => byId.get(key.id) ?? null
    }),
    eventTypes: perDatabase(async (database, keys) => {
      const byQueue = groupBy(await findEventTypes(database, names(keys)), (row) => row.queueName)
      return (key) => byQueue.get(key.name) ?? []
    }),
    eventTypeVersions: perDatabase(async (database, keys) => {
      const rows = await findEventTypeVersions(database, keys)
      const byKey = groupBy(rows, (row) => `${row.queueName}\0${row.type}`)
      return (key) => byKey.get(`${key.queue}\0${key.type}`) ?? []
    }),
    eventType: perDatabase(async (database, keys) => {
      const rows = await findEventTypesByKey(database, keys)
      const byKey = new Map(rows.map((row) => [`${row.queueName}\0${row.type}`, row]))
      return (key) => byKey.get(`${key.queue}\0${key.type}`) ?? null
    }),
  }
}

const names = (keys: readonly QueueKey[]) => keys.map((key) => key.name)

async function loadPerDatabase<Key extends { database: string }, Value>(
  databases: Databases,
  keys: readonly Key[],
  load: (database: Database, keys: readonly Key[]) => Promise<(key: Key) => Value>,
): Promise<(Value | Error)[]> {
  const results = new Map<Key, Value | Error>()
  await Promise.all(
    [...groupBy(keys, (key) => key.database)].map(async ([name, ofDatabase]) => {
      try {
        const lookUp = await load(databases.get(name), ofDatabase)
        for (const key of ofDatabase) results.set(key, lookUp(key))
      } catch (error) {
        for (const key of ofDatabase) results.set(key, error as Error)
      }
    }),
  )
  return keys.map((key) => results.get(key) as Value | Error)
}
