import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startGateway } from '../support/gateway.ts'
import { request } from '../support/graphql.ts'
import { attacks, Connections } from './memory/attacks.ts'

/** What a container of 512 MB leaves for objects, as PROTOCOL.md has it. */
const HEAP_MB = 288
/** How long an attack lasts at least, and in how many requests others are served meanwhile. */
const REQUESTS = 12
const PAUSE_MS = 500
const CONSUMERS = 10
/** All memory of the process, with buffers and the stacks of its threads. */
const MAX_BYTES = 512 * 1024 * 1024

/** Makes a queue whose batches are larger than the gateway's memory, open for every consumer before anything else ticks. */
async function fillQueue(fixture: TestDatabase): Promise<void> {
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue(name) from unnest(array['q', 'other', 'large']) name`)
  await client.query(`select pgq.register_consumer('large', 'c' || n) from generate_series(1, $1) n`, [
    CONSUMERS,
  ])
  for (let tick = 0; tick < 2; tick++) {
    await client.query(
      `select pgq.insert_event('large', 'x', '"' || repeat('ü{}x', 50000) || '"') from generate_series(1, 160)`,
    )
    await client.query(`select pgq_gateway.tick('large', true)`)
  }
  await client.query(`select pgq.next_batch('large', 'c' || n) from generate_series(1, $1) n`, [CONSUMERS])
  await client.end()
}

const insert = 'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }'

/** Attack to run alone, by its name; all of them at once by default. */
const { ATTACK } = process.env
const chosen = Object.entries(attacks).filter(([name]) => ATTACK === undefined || name === ATTACK)

test(`a gateway with a heap of ${HEAP_MB} MB serves others, whatever clients do at once`, {
  timeout: 300_000,
}, async () => {
  await using fixture = await createTestDatabase()
  await fillQueue(fixture)
  await using gateway = await startGateway(fixture.url, {
    environment: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` },
  })
  const url = gateway.url ?? ''
  using connections = new Connections()
  for (const [, attack] of chosen) attack(url, connections)
  for (let n = 0; n < REQUESTS; n++) {
    const answer = await request(url, insert, {}, AbortSignal.timeout(120_000))
    expect(answer).toMatchObject({ data: { insertEvent: {} } })
    await sleep(PAUSE_MS)
  }
  const status = await readFile(`/proc/${gateway.pid}/status`, 'utf8')
  const [, peakKilobytes] = /VmHWM:\s+(\d+)/.exec(status) ?? []
  console.info(`peak of the memory: ${Number(peakKilobytes) >> 10} MB`)
  expect(Number(peakKilobytes) * 1024).toBeLessThan(MAX_BYTES)
})
