import { randomUUID } from 'node:crypto'
import { Client, type ClientOptions } from './client.ts'
import { PoolerError } from './routed-connection.ts'

/** Number of looks for a sign that sessions are shared; a busy pooler may hide one. */
const LOOKS = 10

/**
 * Connects a client, through a pooler too if that keeps a session for each connection.
 *
 * @param signal Ends the attempt at once.
 * @returns The client, and whether there is such a pooler.
 * @throws when that fails; `PoolerError` with the remedy where sessions are shared.
 */
export async function connectClient(
  options: ClientOptions,
  signal?: AbortSignal,
): Promise<{ client: Client; trustsPooler: boolean }> {
  try {
    return { client: await connected(options, signal), trustsPooler: options.trustsPooler ?? false }
  } catch (error) {
    if (!(error instanceof PoolerError)) throw error
  }
  if (await sharesSessions(options, signal)) throw new PoolerError(sharing)
  return { client: await connected({ ...options, trustsPooler: true }, signal), trustsPooler: true }
}

const sharing =
  'a pooler between shares sessions among its clients, as PgBouncer does in the modes transaction and statement. ' +
  'Give a port of it in session mode, or the address of the database itself; as directUrl beside this URL is enough'

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
