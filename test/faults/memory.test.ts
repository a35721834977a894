import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startGateway } from '../support/gateway.ts'
import { request, requestData } from '../support/graphql.ts'
import { attacks, Connections } from './memory/attacks.ts'

const all = Object.entries(attacks)

test.each([
  ...all.map(([name, attack]) => [name, [attack]] as const),
  ['all at once', Object.values(attacks)] as const,
])('a gateway with a heap of 384 MB goes on beside %s', { timeout: 300_000 }, async (name, begin) => {
  await using fixture = await createTestDatabase()
  await using gateway = await startGateway(fixture.url, {
    environment: { NODE_OPTIONS: '--max-old-space-size=384' },
  })
  const url = gateway.url ?? ''
  const client = await fixture.connect()
  await using _client = { [Symbol.asyncDispose]: () => client.end() }
  await requestData(
    url,
    'mutation { q: createQueue(input: { name: "q" }) { created } large: createQueue(input: { name: "large" }) { created } other: createQueue(input: { name: "other" }) { created } }',
  )
  for (let n = 0; n < 10; n++) await client.query(`select pgq.register_consumer('large', $1)`, [`c${n}`])
  await client.query(`select pgq.ticker('large')`)
  for (let tick = 0; tick < 3; tick++) {
    await client.query(
      `select pgq.insert_event('large', 'x', '"' || repeat('ü{}x', 50000) || '"') from generate_series(1, 160)`,
    )
    await requestData(url, 'mutation { tick(input: { queue: "large", force: true }) { tickId } }')
  }
  await client.query(`select pgq.next_batch('large', 'c' || n) from generate_series(0, 9) n`)
  const pids = (await client.query(`select 1`)).rowCount
  expect(pids).toBe(1)
  using sockets = new Connections()
  for (const attack of begin) attack(url, sockets)
  let peak = 0
  let fine = 0
  const codes: Record<string, number> = {}
  const slow: number[] = []
  for (let second = 0; second < 12; second++) {
    const startedMs = performance.now()
    const answer = await request(
      url,
      'mutation { insertEvent(input: { queue: "q", type: "x" }) { eventId } }',
      {},
      AbortSignal.timeout(10_000),
    ).catch((error) => ({ errors: [{ extensions: { code: String(error) } }], data: undefined }))
    slow.push(Math.round(performance.now() - startedMs))
    if (answer.data) fine++
    else
      codes[String(answer.errors?.[0]?.extensions.code)] =
        (codes[String(answer.errors?.[0]?.extensions.code)] ?? 0) + 1
    const status = await readFile(`/proc/${gateway.pid}/status`, 'utf8').catch(() => '')
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    await sleep(500)
  }
  console.log(name, 'peak MB', Math.round(peak / 1024), 'fine', fine, codes, slow.join(' '))
  await until(async () => (await fetch(new URL('/health/live', url)).catch(() => undefined))?.ok, 'life')
})
