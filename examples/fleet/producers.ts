import { setTimeout as delay } from 'node:timers/promises'
import { createClient, type PgqClient } from '@pgq-graphql/client'
import pg from 'pg'
import { type Fleet, QUEUES } from './fleet.ts'
import type { Ledger, Payload } from './ledger.ts'

const MAX_EVENTS = 10
const MAX_PAUSE_MS = 800
const ROLLED_BACK = 0.2

/** Events of a mutation whose answer was lost with its gateway: they may be there or not. */
interface Doubt {
  queue: string
  payloads: Payload[]
}

export interface Production {
  eventsRolledBack: number
  /** Mutations without an answer. */
  doubts: number
}

/** Publishes in all shards until the signal, by SQL and by mutations at either gateway; tells the ledger what was committed. */
export async function produce(
  { shards }: Fleet,
  gatewayUrls: readonly string[],
  ledger: Ledger,
  signal: AbortSignal,
): Promise<Production> {
  const productions = await Promise.all(
    [...shards].map(async ([shard, shardUrl]) => {
      const database = new pg.Client({ connectionString: shardUrl })
      const clients = gatewayUrls.map((url) => createClient({ url, database: shard }))
      await database.connect()
      try {
        const [eventsRolledBack, doubts] = await Promise.all([
          insertBySql(shard, database, ledger, signal),
          publishByMutations(shard, clients, ledger, signal),
        ])
        for (const doubt of doubts) ledger.committed(doubt.queue, await findCommitted(database, doubt))
        return { eventsRolledBack, doubts: doubts.length }
      } finally {
        await database.end()
      }
    }),
  )
  const sumOf = (key: keyof Production) => productions.reduce((sum, each) => sum + each[key], 0)
  return { eventsRolledBack: sumOf('eventsRolledBack'), doubts: sumOf('doubts') }
}

/** Inserts events of all queues in each transaction. @returns How many were rolled back. */
async function insertBySql(
  shard: string,
  database: pg.Client,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<number> {
  const next = numbered(`${shard} sql`)
  let rolledBack = 0
  while (!signal.aborted) {
    const events = some(() => ({ queue: pick(QUEUES), payload: next() }))
    const isKept = Math.random() >= ROLLED_BACK
    await database.query('begin')
    for (const { queue, payload } of events)
      await database.query('select pgq.insert_event($1, $2, $3)', [queue, 'sql', JSON.stringify(payload)])
    await database.query(isKept ? 'commit' : 'rollback')
    if (isKept) for (const { queue, payload } of events) ledger.committed(queue, [payload])
    else rolledBack += events.length
    await pause()
  }
  return rolledBack
}

/** @returns What had no answer. */
async function publishByMutations(
  shard: string,
  clients: readonly PgqClient[],
  ledger: Ledger,
  signal: AbortSignal,
): Promise<Doubt[]> {
  const next = numbered(`${shard} mutation`)
  const doubts: Doubt[] = []
  while (!signal.aborted) {
    const queue = pick(QUEUES)
    const payloads = some(next)
    const events = payloads.map((json) => ({ type: 'mutation', json }))
    try {
      await pick(clients).publish(queue, events)
      ledger.committed(queue, payloads)
    } catch {
      doubts.push({ queue, payloads })
    }
    await pause()
  }
  return doubts
}

/** Looks into the shard which events are there: all of a mutation, or none. */
async function findCommitted(database: pg.Client, { queue, payloads }: Doubt): Promise<Payload[]> {
  const tables = await database.query('select queue_data_pfx as name from pgq.queue where queue_name = $1', [
    queue,
  ])
  const texts = payloads.map((payload) => JSON.stringify(payload))
  const text = `select ev_data as payload from ${tables.rows[0]?.name} where ev_data = any ($1)`
  const { rows } = await database.query<{ payload: string }>(text, [texts])
  return rows.map(({ payload }) => JSON.parse(payload) as Payload)
}

/** Counts the events of a producer. */
function numbered(producer: string): () => Payload {
  let number = 0
  return () => ({ producer, number: ++number })
}

function some<Value>(make: () => Value): Value[] {
  return Array.from({ length: 1 + Math.floor(Math.random() * MAX_EVENTS) }, make)
}

function pick<Value>(values: readonly Value[]): Value {
  const value = values[Math.floor(Math.random() * values.length)]
  if (value === undefined) throw new RangeError('There is nothing to pick from')
  return value
}

function pause(): Promise<void> {
  return delay(Math.random() * MAX_PAUSE_MS)
}
