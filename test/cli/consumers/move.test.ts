import { expect, test } from 'vitest'
import { runCli } from '../../support/cli.ts'
import { startTestServer } from '../../support/server.ts'

test('move-consumer says what a move would skip or repeat, and moves', async () => {
  await using server = await startTestServer({ ticker: false })
  const client = await server.fixture.connect()
  await client.query(`select pgq.create_queue('orders'), pgq.register_consumer('orders', 'billing')`)
  await client.query(`select pgq.insert_event('orders', 't', n::text) from generate_series(1, 20) n`)
  await client.query(`select pgq.force_tick('orders'), pgq.ticker()`)
  const move = (...args: string[]) =>
    runCli(['move-consumer', 'orders', 'billing', ...args, '--url', server.url])

  const dryRun = await move('--to-newest', '--dry-run')
  expect(dryRun.stdout).toMatch(/would be moved from tick 1 to 2, which skips about \d+ events\.\n$/)
  expect((await move('--to-newest')).stdout).toMatch(/was moved from tick 1 to 2, which skips about/)
  expect((await move('--to-newest')).stdout).toContain('is at tick 2 already')
  await client.query(`select pgq.insert_event('orders', 't', 'd')`)
  await client.query(`select pgq.force_tick('orders'), pgq.ticker()`)
  await client.query(`select pgq.next_batch('orders', 'billing')`)
  await client.end()
  expect(await move('--to-tick', '1')).toMatchObject({ code: 1, stdout: '' })
  expect((await move('--to-tick', '1', '--force')).stdout).toMatch(/from tick 2 to 1, which repeats about/)
  expect(await move()).toMatchObject({ code: 2, stderr: expect.stringContaining('--to-tick, --to-time') })
})
