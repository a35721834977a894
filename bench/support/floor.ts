import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { installEngine } from '../../src/install/install.ts'
import { atPace } from './pace.ts'

export interface Floor extends AsyncDisposable {
  /** Publishes at the interval. @returns milliseconds from the insert's answer until the reader has it, per event. */
  deliver(options: { events: number; intervalMs: number; maxLagMs: number; data: string }): Promise<number[]>
}

/**
 * Measures the least that this architecture can do: insert, tick, hear NOTIFY and read the batch, with `pg` in one
 * process. It has its own database, because a gateway's ticker would tick its queue too.
 */
export async function startFloor(clusterUrl: string): Promise<Floor> {
  const admin = new pg.Client({ connectionString: clusterUrl })
  await admin.connect()
  await admin.query('create database floor')
  await admin.end()
  const connect = async () => {
    const client = new pg.Client({ connectionString: clusterUrl.replace(/postgres$/, 'floor') })
    await client.connect()
    return client
  }
  const [writer, ticker, reader] = await Promise.all([connect(), connect(), connect()])
  await installEngine(writer, { engine: 'sql' })
  await writer.query(`select pgq.create_queue('floor'), pgq.set_queue_config('floor', 'ticker_max_lag', '0')`)
  await writer.query(`select pgq.register_consumer('floor', 'bench')`)
  await reader.query('listen pgq_tick')

  const receivedAt = new Map<string, number>()
  let reading: Promise<void> = Promise.resolve()
  const read = async () => {
    for (;;) {
      const { rows } = await reader.query({
        name: 'next',
        text: `select pgq.next_batch('floor', 'bench') as id`,
      })
      if (rows[0].id === null) return
      const values = [rows[0].id]
      const batch = await reader.query({
        name: 'events',
        text: 'select * from pgq.get_batch_events($1)',
        values,
      })
      const now = performance.now()
      for (const event of batch.rows) receivedAt.set(event.ev_id, now)
      await reader.query({ name: 'finish', text: 'select pgq.finish_batch($1)', values })
    }
  }
  reader.on('notification', () => {
    reading = reading.then(read)
  })

  return {
    async deliver({ events, intervalMs, maxLagMs, data }) {
      receivedAt.clear()
      const publishedAt = new Map<string, number>()
      let lastTickAt = 0
      let ticking: NodeJS.Timeout | undefined
      const tick = () => {
        ticking = undefined
        lastTickAt = performance.now()
        void ticker.query({ name: 'tick', text: `select pgq.ticker('floor')` })
      }
      await atPace(events, intervalMs, async () => {
        const text = `select pgq.insert_event('floor', 'created', $1) as id`
        const { rows } = await writer.query({ name: 'insert', text, values: [data] })
        publishedAt.set(rows[0].id, performance.now())
        // It ticks at once at first, and then at most once per max lag.
        const waitMs = maxLagMs - (performance.now() - lastTickAt)
        if (waitMs <= 0) tick()
        else ticking ??= setTimeout(tick, waitMs)
      })
      const isDone = () => [...publishedAt.keys()].every((id) => receivedAt.has(id))
      for (let n = 0; n < 200 && !isDone(); n++) await delay(50)
      if (!isDone()) throw new Error('events are missing')
      clearTimeout(ticking)
      await reading
      return [...publishedAt].map(([id, at]) => Math.max(0, (receivedAt.get(id) ?? Number.NaN) - at))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([writer, ticker, reader].map((client) => client.end()))
    },
  }
}
