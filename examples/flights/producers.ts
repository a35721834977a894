import { setTimeout as delay } from 'node:timers/promises'
import type { PgqClient } from '@pgq-graphql/client'
import pg from 'pg'
import type { Flight, FlightEvent } from './flights.ts'

const PRODUCERS = 5
/** Rows in one mutation, by turns: single events and small lists. */
const CHUNKS = [1, 20, 50]

/** Publishes every row once, from several producers at once. */
export async function publishFlights(options: {
  client: PgqClient
  queue: string
  flights: readonly Flight[]
  signal: AbortSignal
  onPublished: (rows: readonly number[]) => void
}): Promise<void> {
  const { client, queue, flights, signal, onPublished } = options
  let nextRow = 0
  const produce = async () => {
    for (let turn = 0; nextRow < flights.length; turn++) {
      const first = nextRow
      nextRow = Math.min(flights.length, first + (CHUNKS[turn % CHUNKS.length] ?? 1))
      const events = flights.slice(first, nextRow).map((flight, index) => ({
        type: 'flight',
        json: { row: first + index, ...flight } satisfies FlightEvent,
      }))
      await client.publish(queue, events, { signal })
      onPublished(events.map((_, index) => first + index))
    }
  }
  await Promise.all(Array.from({ length: PRODUCERS }, produce))
}

/**
 * Inserts rows by SQL and rolls them back, until it is told to stop. Their ids are used up, and their transactions span
 * ticks: what a queue must keep apart.
 *
 * @returns How many rows were rolled back.
 */
export async function rollBackFlights(options: {
  databaseUrl: string
  queue: string
  signal: AbortSignal
}): Promise<number> {
  const client = new pg.Client({ connectionString: options.databaseUrl })
  await client.connect()
  let count = 0
  try {
    do {
      await client.query('begin')
      for (let index = 0; index < 10; index++) {
        const row = JSON.stringify({
          row: --count,
          date: '',
          delay: 0,
          distance: 0,
          origin: '',
          destination: '',
        })
        await client.query("select pgq.insert_event($1, 'flight', $2)", [options.queue, row])
      }
      await delay(Math.random() * 100)
      await client.query('rollback')
    } while (!options.signal.aborted)
  } finally {
    await client.end()
  }
  return -count
}
