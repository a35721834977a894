import { withDeadline } from '../../async/deadline.ts'
import { openRemoteApi } from '../api/remote-api.ts'
import { configOf } from '../command-config.ts'
import { connect } from '../connect.ts'
import { listOf, textOf } from '../flags.ts'
import { directUrlOf, runningDatabases } from '../targets.ts'
import type { NamePlace } from './candidates.ts'

/** Time within which a database or gateway must answer (milliseconds): people wait for it at a key. */
const PATIENCE_MS = 2_000
/** More names are of no use at a prompt. */
const MAX_NAMES = 500

/** Asks for names where the command would ask; there are none where that fails or takes long. */
export async function findNames(place: NamePlace): Promise<string[]> {
  const url = textOf(place.command.opts().url)
  const names = url === undefined ? namesInDatabase(place) : namesOfGateway(place, url)
  return withDeadline(names, PATIENCE_MS, 'names').catch(() => [])
}

/** A gateway in this process would take too long to start. */
async function namesInDatabase({ of, command, queue }: NamePlace): Promise<string[]> {
  const [entry] = await runningDatabases(configOf(command), [databaseOf(command)])
  if (!entry) return []
  const { client } = await connect(directUrlOf(entry), 'completion')
  try {
    const values = of === 'queue' ? [] : [queue]
    const { rows } = await client.query<{ name: string }>(statements[of], values)
    return rows.map(({ name }) => name)
  } finally {
    await client.end()
  }
}

const statements = {
  queue: `select queue_name as name from pgq.queue order by 1 limit ${MAX_NAMES}`,
  consumer: `
    select distinct co_name as name
      from pgq.queue
      join pgq.subscription on sub_queue = queue_id
      join pgq.consumer on co_id = sub_consumer
     where $1::text is null or queue_name = $1
     order by 1 limit ${MAX_NAMES}`,
}

const queries = {
  queue: `query ($database: String!, $first: Int!) {
    page: queues(database: $database, first: $first) { nodes { name } }
  }`,
  consumer: `query ($database: String!, $queue: String, $first: Int!) {
    page: consumers(database: $database, queue: $queue, first: $first) { nodes { name } }
  }`,
}

async function namesOfGateway({ of, command, queue }: NamePlace, url: string): Promise<string[]> {
  await using api = await openRemoteApi(url, textOf(command.opts().token) ?? process.env.PGQ_KEY)
  const variables = { database: databaseOf(command), first: MAX_NAMES, ...(of === 'consumer' && { queue }) }
  const { page } = await api.ask<{ page: { nodes: { name: string }[] } }>(queries[of], variables)
  return page.nodes.map(({ name }) => name)
}

function databaseOf(command: { opts(): Record<string, unknown> }): string {
  return listOf(command.opts().only)[0] ?? 'main'
}
