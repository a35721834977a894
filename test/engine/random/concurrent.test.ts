import pg from 'pg'
import { expect, it } from 'vitest'
import { createTestDatabase, sqlEngines, type TestDatabase } from '../../support/database.ts'
import { Sessions, setup } from '../sessions.ts'

const durationMs = Number(process.env.PGQ_CONCURRENT_MS ?? 5_000)
const levels = ['read committed', 'repeatable read', 'serializable']
// After these (serialization failure, deadlock, lock timeout) the transaction is over and the caller tries again.
const retryable = ['40001', '40P01', '55P03']

const pick = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T

it.each(sqlEngines)(
  'on %s each committed event reaches each consumer exactly once while all work at once',
  { timeout: 120_000 },
  async (engine) => {
    await using database = await createTestDatabase(engine)
    await using sessions = new Sessions(database)
    await sessions.ask(`${setup}; select pgq_coop.register_subconsumer('q', 'm', 'a')`)
    const endsAt = Date.now() + durationMs
    const committed: string[] = []
    const delivered = { c: [] as string[], m: [] as string[] }
    let rotations = 0

    const work = (name: string, turn: (client: pg.Client) => Promise<unknown>) =>
      withClient(database, async (client) => {
        while (Date.now() < endsAt) {
          try {
            await turn(client)
          } catch (error) {
            if (!(error instanceof pg.DatabaseError) || !retryable.includes(error.code ?? '')) {
              throw new Error(`${name}: ${String(error)}`, { cause: error })
            }
            await client.query('rollback')
          }
        }
      })

    const produce = (producer: number) => {
      let count = 0
      return work(`producer ${producer}`, async (client) => {
        const data: string[] = []
        await client.query(`begin isolation level ${pick(levels)}`)
        const size = 1 + Math.floor(Math.random() * 4)
        for (let i = 0; i < size; i++) {
          const id = `${producer}:${++count}`
          const way = Math.random()
          if (way < 0.2) {
            await client.query('savepoint s')
            await client.query(`select pgq.insert_event('q', 't', 'undone ${id}')`)
            await client.query('rollback to s')
          } else if (way < 0.4) {
            const { rows } = await client.query(`select pgq.current_event_table('q') as leaf`)
            await client.query(
              `insert into ${rows[0]?.leaf} (ev_time, ev_type, ev_data) values (now(), 't', '${id}')`,
            )
            data.push(id)
          } else {
            await client.query(`select pgq.insert_event('q', 't', '${id}')`)
            data.push(id)
          }
        }
        if (Math.random() < 0.2) {
          await client.query('rollback')
          return
        }
        await client.query('commit')
        committed.push(...data)
      })
    }

    const consume = (into: string[], next: string, finish: string) => async (client: pg.Client) => {
      const { rows } = await client.query(`select ${next} as batch`)
      const batch = rows[0]?.batch
      if (batch === null) return false
      // One transaction makes the events counted those that were finished.
      await client.query('begin')
      const events = await client.query(`select ev_data from pgq.get_batch_events(${batch})`)
      const done = await client.query(`select ${finish}(${batch}) as done`)
      await client.query('commit')
      if (done.rows[0]?.done === 1) into.push(...events.rows.map((row) => row.ev_data))
      return true
    }
    const plain = consume(delivered.c, `pgq.next_batch('q', 'c')`, 'pgq.finish_batch')
    const member = (name: string) =>
      consume(delivered.m, `pgq_coop.next_batch('q', 'm', '${name}')`, 'pgq_coop.finish_batch')
    const rotate = async (client: pg.Client) => {
      const before = await client.query('select queue_switch_step1 as step from pgq.queue')
      await client.query(`select pgq.maint_rotate_tables_step1('q')`)
      await client.query('select pgq.maint_rotate_tables_step2()')
      const after = await client.query('select queue_switch_step1 as step from pgq.queue')
      if (before.rows[0]?.step !== after.rows[0]?.step) rotations++
    }

    await Promise.all([
      ...[1, 2, 3, 4].map(produce),
      work('ticker', async (client) => void (await client.query('select pgq.ticker()'))),
      work('late ticker', async (client) => {
        await client.query(`begin isolation level ${pick(levels)}; select count(*) from pgq.tick`)
        await client.query(`select pgq.ticker('q')`)
        await client.query('commit')
      }),
      work('rotation', rotate),
      work('consumer', plain),
      ...['a', 'b', 'c'].map((name) => work(`member ${name}`, member(name))),
    ])

    for (let round = 0; round < 3; round++) await sessions.ask(`select pgq.ticker('q')`)
    delivered.c.push(...(await sessions.consume()).map(String))
    await withClient(database, async (client) => {
      // Many batches are empty, so only a missing batch marks the end.
      for (const name of ['a', 'b', 'c']) {
        while (await member(name)(client));
      }
    })
    expect(committed.length).toBeGreaterThan(100)
    expect(rotations).toBeGreaterThan(0)
    expect(delivered.c.sort()).toEqual(committed.sort())
    expect(delivered.m.sort()).toEqual(committed)
    console.info(`${engine}: ${committed.length} events, ${rotations} rotations`)
  },
)

async function withClient(database: TestDatabase, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = await database.connect()
  // The late ticker's refusals are warnings.
  client.on('notice', () => {})
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
