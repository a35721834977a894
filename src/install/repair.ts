import pg from 'pg'
import { PgqError } from '../errors.ts'
import { lockTimeout } from '../postgres/sqlstate.ts'

export interface Repair {
  /** Each says what was done, such as `raised the sequence pgq.batch_id_seq to 7`; there are none when all was well. */
  actions: string[]
  /** The server must give out this many transaction ids before the repair can be done; 0 when it is done. */
  missingTransactionIds: number
}

/**
 * Repairs, in the transaction of its caller, what a dump leaves wrong in another server: transaction ids that are ahead of
 * this server's (see `pgq_gateway.repair_queue`), and sequences that would give an id twice.
 *
 * @param options.dryRun Report what would be done, and leave sequences as they are. The caller rolls back.
 * @throws PgqError `UNAVAILABLE` when a transaction that has used PgQ stays open for seconds.
 */
export async function repair(client: pg.ClientBase, options: { dryRun: boolean }): Promise<Repair> {
  const actions: string[] = []
  await client.query('set local statement_timeout = 0')
  if ((await noteMisnumbered(client)).length > 0) {
    await lockTables(client)
    const queues = await noteMisnumbered(client)
    const missingTransactionIds = await countMissing(client)
    if (missingTransactionIds > 0 && !options.dryRun) return { actions, missingTransactionIds }
    for (const queue of queues) actions.push(await repairQueue(client, queue))
  }
  const { rows } = await client.query<{ sequence: string; highest: string }>(
    'select sequence, highest from pgq_gateway.sequences_behind()',
  )
  for (const { sequence, highest } of rows) {
    if (!options.dryRun) await client.query('select setval($1, $2)', [sequence, highest])
    actions.push(`raised the sequence ${sequence} to ${highest}`)
  }
  return { actions, missingTransactionIds: 0 }
}

/** Uses up transaction ids, each in a transaction of its own. */
export async function useTransactionIds(client: pg.ClientBase, count: number): Promise<void> {
  await client.query(
    `do $$ begin for n in 1 .. ${count} loop perform pg_catalog.txid_current(); commit; end loop; end $$`,
  )
}

async function noteMisnumbered(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'select name from pgq_gateway.note_misnumbered_queues(array(select queue_id from pgq.queue)) name',
  )
  return rows.map(({ name }) => name)
}

/**
 * Keeps everybody from PgQ's tables until the end of the transaction. pgq.queue comes first: who works with PgQ has read
 * it, and who comes now waits there, before any other lock.
 */
async function lockTables(client: pg.ClientBase): Promise<void> {
  try {
    await client.query(
      `set local lock_timeout = '5s';
       lock table pgq.queue, pgq.subscription, pgq.tick, pgq.retry_queue in access exclusive mode`,
    )
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== lockTimeout) throw error
    throw new PgqError(
      'UNAVAILABLE',
      'A transaction that has used PgQ stays open. End it, and repair again. It is one of: ' +
        `select * from pg_locks join pg_stat_activity using (pid) where relation = 'pgq.queue'::regclass`,
      { cause: error },
    )
  }
}

async function countMissing(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ missing: string }>('select pgq_gateway.missing_txids() as missing')
  return Math.max(0, Number(rows[0]?.missing ?? 0))
}

async function repairQueue(client: pg.ClientBase, queue: string): Promise<string> {
  const { rows } = await client.query<{ ticks: string; events: string; pending: string }>(
    `select r.tick_count as ticks, r.event_count as events, r.pending_count as pending
       from pgq.queue q cross join pgq_gateway.repair_queue(q.queue_id) r
      where q.queue_name = $1`,
    [queue],
  )
  const [row] = rows
  if (!row) throw new PgqError('INTERNAL', 'A queue that was locked is gone.')
  return (
    `gave ${row.ticks} ticks and ${row.events} events of queue ${queue} transaction ids of this server; ` +
    `${row.pending} of the events come with its next tick`
  )
}
