import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { countOf } from '../../count-of.ts'
import type { Api } from '../api/api.ts'
import { CliError } from '../connect.ts'
import type { Progress } from '../progress.ts'

/** Number of events that one mutation inserts. */
const EVENTS_PER_REQUEST = 1_000

interface NewEvent {
  type?: string
  data: string
}

interface Given {
  database: string
  queue: string
  type: string | undefined
  /** The data of one event; undefined for those of `input`. */
  data: string | undefined
  /** Lines of JSON, each the data of an event. */
  input: Readable
  tell: Progress
}

const mutation = `mutation ($input: InsertEventsInput!) { insertEvents(input: $input) { eventIds } }`

/** Publishes one event, or one of each line. @returns the ids of one, or the number of many, as a line. */
export async function publish(api: Api, given: Given): Promise<string> {
  const { database, queue, type, data } = given
  const insert = async (events: readonly NewEvent[]): Promise<string[]> => {
    const input = { database, queue, events }
    const { insertEvents } = await api.ask<{ insertEvents: { eventIds: string[] } }>(mutation, { input })
    return insertEvents.eventIds
  }
  const toEvent = (text: string): NewEvent => ({ ...(type !== undefined && { type }), data: text })
  if (data !== undefined) return (await insert([toEvent(data)])).join()
  return publishLines(given, async (lines) => {
    await insert(lines.map(toEvent))
  })
}

async function publishLines(
  { input, tell }: Given,
  insert: (lines: readonly string[]) => Promise<void>,
): Promise<string> {
  const startedAt = performance.now()
  let count = 0
  const progress = () => {
    const seconds = (performance.now() - startedAt) / 1_000
    return `${countOf(count, 'event')} published, ${Math.round(count / Math.max(seconds, 0.001))} per second`
  }
  for await (const lines of linesOf(input)) {
    await insert(lines).catch((error: unknown) => {
      throw new CliError(`${countOf(count, 'event')} published, then: ${(error as Error).message}`)
    })
    count += lines.length
    tell(progress)
  }
  return progress()
}

/** Reads lines in portions, each checked to be JSON; empty ones are left out. */
async function* linesOf(input: Readable): AsyncGenerator<string[]> {
  let portion: string[] = []
  let number = 0
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++
    if (line.trim() === '') continue
    checkJson(line, number)
    if (portion.push(line) < EVENTS_PER_REQUEST) continue
    yield portion
    portion = []
  }
  if (portion.length > 0) yield portion
}

function checkJson(line: string, number: number): void {
  try {
    JSON.parse(line)
  } catch (error) {
    throw new CliError(`Line ${number} of the input is not JSON: ${(error as Error).message}`)
  }
}
