import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedServer } from 'pgq-graphql/embedded'
import { pino } from 'pino'

/** A PostgreSQL server with room for the fleet. */
export interface Server extends AsyncDisposable {
  /** The address of a database from which others can be made. */
  readonly url: string
}

/** Uses the server that is given, or starts an embedded one in a temporary directory, which is removed at the end. */
export async function openServer(given: string | null, connections: number): Promise<Server> {
  if (given === null) return startServer(connections)
  const { rows } = await query(given, 'show max_connections')
  if (Number(rows[0]?.max_connections) < connections)
    throw new Error(
      `The fleet may need ${connections} connections, and the server allows ${rows[0]?.max_connections}: ` +
        'raise max_connections, or give fewer --shards',
    )
  return { url: given, async [Symbol.asyncDispose]() {} }
}

async function startServer(connections: number): Promise<Server> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'fleet-'))
  // When started by root the server runs as another user, who must be able to read the directory.
  await chmod(dataDirectory, 0o755)
  const start = () =>
    startEmbeddedServer({ dataDirectory, logger: pino({ level: 'warn' }, pino.destination(2)) })
  try {
    const first = await start()
    // The number of connections takes effect at the next start.
    await query(first.connectionString, `alter system set max_connections = ${connections}`)
    await first.stop()
    const { connectionString, stop } = await start()
    return {
      url: connectionString,
      async [Symbol.asyncDispose]() {
        await stop()
        await rm(dataDirectory, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(dataDirectory, { recursive: true, force: true })
    throw error
  }
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, text: string, values: unknown[] = []): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(text, values)
  } finally {
    await client.end()
  }
}
