import { text } from 'node:stream/consumers'
import pg from 'pg'
import type { Source } from './move.ts'

/**
 * Moves all that there is for the consumer `bare` without a gateway: reads a batch, inserts it with one statement, finishes. It
 * records nothing in the target, so that a crash would move a batch twice.
 */
const CONNECTIONS_TO_TARGET = 2

const { mainUrl, sources } = JSON.parse(await text(process.stdin)) as { mainUrl: string; sources: Source[] }
const target = new pg.Pool({ connectionString: mainUrl, max: CONNECTIONS_TO_TARGET })

async function move({ url, queue }: Source): Promise<void> {
  // Fields stay texts, as they are written again.
  const types = { getTypeParser: () => (value: string) => value }
  const source = new pg.Client({ connectionString: url, types })
  await source.connect()
  const call = async (name: string, statement: string, values: unknown[]) =>
    (await source.query({ name, text: statement, values })).rows
  for (;;) {
    const [{ id }] = (await call('next', `select pgq.next_batch($1, 'bare') as id`, [queue])) as [
      { id: string },
    ]
    if (id === null) break
    const events = await call('events', 'select * from pgq.get_batch_events($1)', [id])
    if (events.length > 0) {
      const column = (name: string) => events.map((event) => event[name])
      await target.query({
        name: 'insert',
        text: 'select pgq_gateway.insert_events($1, $2, $3, $4, $5, $6, $7, null, $8)',
        values: [
          queue,
          ...['ev_type', 'ev_data', 'ev_extra1', 'ev_extra2', 'ev_extra3', 'ev_extra4', 'ev_time'].map(
            column,
          ),
        ],
      })
    }
    await call('finish', 'select pgq.finish_batch($1)', [id])
  }
  await source.end()
}

await Promise.all(sources.map(move))
await target.end()
