import { randomUUID } from 'node:crypto'
import { Client, type ClientOptions, type Pooling } from './client.ts'
import { PoolerError } from './routed-connection.ts'

/** Number of looks for a sign that sessions are shared; a busy pooler may hide one. */
const LOOKS = 10

/**
 * Connects a client, also through a pooler.
 *
 * @param signal Ends the attempt at once.
 * @returns The client, and what is between.
 * @throws when that fails; `PoolerError` with the remedy for a pooler that allows no transactions.
 */
export async function connectClient(
  options: ClientOptions,
  signal?: AbortSignal,
): Promise<{ client: Client; pooling: Pooling }> {
  try {
    return { client: await connected(options, signal), pooling: options.pooling ?? 'none' }
  } catch (error) {
    if (!(error instanceof PoolerError)) throw error
  }
  const pooling = (await sharesSessions(options, signal)) ? 'shared' : 'kept'
  const client = await connected({ ...options, pooling }, signal)
  if (pooling === 'shared') await checkTransactions(client)
  return { client, pooling }
}

/** Makes sure that the pooler allows a client to begin a transaction. @throws PoolerError, and the client is ended. */
async function checkTransactions(client: Client): Promise<void> {
  try {
    await client.query('begin')
    await client.query('commit')
  } catch (error) {
    await end(client)
    throw new PoolerError(withoutTransactions, { cause: error })
  }
}

const withoutTransactions =
  'a pooler between allows no transactions, as PgBouncer does not in the mode statement. Give a port of it in the mode ' +
  'transaction or session, or the address of the database itself; as directUrl beside this URL is enough'

/**
 * Says whether a pooler gives the session of one connection to another. In one that is idle, the next connection gets
 * the session that was used last; in a busy one, a connection gets another session from time to time.
 */
async function sharesSessions(options: ClientOptions, signal?: AbortSignal): Promise<boolean> {
  const plain = { ...options, settings: null }
  const first = await connected(plain, signal)
  try {
    const second = await connected(plain, signal)
    try {
      const processes = new Set<number>()
      for (let look = 0; look < LOOKS; look++) {
        const mark = randomUUID()
        const text = `select pg_catalog.set_config('pgq_gateway.mark', '${mark}', false), pg_catalog.pg_backend_pid() as pid`
        const { rows: own } = await first.query<{ pid: number }>(text)
        processes.add(own[0]?.pid ?? 0)
        const { rows: other } = await second.query<{ mark: string | null }>(
          `select pg_catalog.current_setting('pgq_gateway.mark', true) as mark`,
        )
        if (processes.size > 1 || other[0]?.mark === mark) return true
      }
      return false
    } finally {
      await end(second)
    }
  } finally {
    await end(first)
  }
}

async function connected(options: ClientOptions, signal?: AbortSignal): Promise<Client> {
  signal?.throwIfAborted()
  const client = new Client(options)
  // A connection may die between statements; the next one fails and tells.
  client.on('error', () => {})
  const cut = () => client.cut()
  const forget = () => signal?.removeEventListener('abort', cut)
  signal?.addEventListener('abort', cut)
  client.once('end', forget)
  try {
    await client.connect()
    return client
  } catch (error) {
    forget()
    throw error
  }
}

async function end(client: Client): Promise<void> {
  await client.end().catch(() => {})
}
