import { expect, test } from 'vitest'
import { installEngine } from '../../src/install/install.ts'
import { createTestDatabase, eachEngine } from '../support/database.ts'
import { until } from '../support/deadline.ts'

/** Makes the next installation alter a table that consumers use. */
const outdate = `
  alter table pgq_gateway.lease drop column touched_at cascade;
  delete from pgq_gateway.migration where name = '002-lease-touched';
  update pgq_gateway.installed set checksum = 'older' where component = 'pgq_gateway'`

test.each(eachEngine)(
  'an upgrade on %s that waits for a reader, such as pg_dump, names it, and keeps others from their work for a second at most at a time',
  { timeout: 60_000 },
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const [installer, reader, worker, watcher] = await Promise.all(
      Array.from({ length: 4 }, () => database.connect()),
    )
    if (!installer || !reader || !worker || !watcher) throw new Error('not connected')
    await watcher.query(outdate)
    await reader.query('begin; select from pgq_gateway.lease')
    const { rows } = await reader.query<{ pid: number }>('select pg_backend_pid() as pid')
    let isOver = false
    const waits: string[] = []
    const onWait = (sentence: string) => waits.push(sentence)
    const upgrade = installEngine(installer, { engine: 'auto', onWait }).finally(() => {
      isOver = true
    })
    const isWaiting = async () => {
      const { rows } = await watcher.query<{ count: number }>(
        `select count(*)::int4 as count from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query not like 'select from%'`,
      )
      return (rows[0]?.count ?? 0) > 0
    }
    // Each try is met by a worker that comes behind it, and has its turn before the reader ends.
    for (let n = 0; n < 3; n++) {
      await until(isWaiting, 'a try')
      await worker.query(`set lock_timeout = '5s'; select from pgq_gateway.lease limit 1`)
      expect(isOver).toBe(false)
    }
    await reader.query('commit')
    expect((await upgrade).actions).toContain('applied migration 002-lease-touched of schema pgq_gateway')
    // A sentence may also name the worker, where it is seen in its turn.
    const named = `Waiting for the end of transactions that use PgQ: process ${rows[0]?.pid} (test, idle in transaction)`
    expect(waits[0]).toBe(named)
    for (const sentence of waits) expect(sentence.startsWith(named), sentence).toBe(true)
    expect(new Set(waits).size).toBeLessThanOrEqual(2)
    for (const client of [installer, reader, worker, watcher]) await client.end()
  },
)
