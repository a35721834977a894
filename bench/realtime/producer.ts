import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** Inserts events by plain SQL, as any program would, and prints each id with the time when its commit was known. */
const [connectionString = '', queue = '', count = '0', intervalMs = '10'] = process.argv.slice(2)
const client = new pg.Client({ connectionString })
await client.connect()
for (let n = 0; n < Number(count); n++) {
  const { rows } = await client.query({
    name: 'insert',
    text: `select pgq.insert_event($1, 'created', $2) as id`,
    values: [queue, 'x'.repeat(80)],
  })
  console.log(`${rows[0].id} ${performance.timeOrigin + performance.now()}`)
  await delay(Number(intervalMs))
}
await client.end()
