import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli, startCli } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'

let fixture: TestDatabase
let gateway: Gateway

beforeAll(async () => {
  fixture = await createTestDatabase()
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('orders'), pgq.register_consumer('orders', 'billing')`)
  await client.end()
  gateway = await startGateway(fixture.url)
})

afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  await fixture[Symbol.asyncDispose]()
})

describe.each(['a database', 'a gateway'])('on %s', (place) => {
  const flags = () =>
    place === 'a database' ? ['--database-url', fixture.url] : ['--url', gateway.url ?? 'none']
  const run = (...args: string[]) => runCli([...args, ...flags()])

  test('tail prints what publish has published, without its escapes', async () => {
    await using tail = await startCli(['tail', 'orders', '--type', place, '--after', '1', ...flags()])
    const published = await run('publish', 'orders', '--type', place, 'red\u001b[31m\nline')
    expect(published).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\n$/) })
    const line = new RegExp(`^\\S+ {2}${published.stdout.trim()} {2}${place} {2}red�\\[31m�line$`, 'm')
    await until(async () => line.test(tail.stdout()), 'the event', { timeoutMs: 30_000 })
    expect(tail.stdout()).not.toContain('\u001b')
  })

  test('lists are printed, and refusals told', async () => {
    const [queues, consumers, letters, refused] = await Promise.all([
      run('queues'),
      run('consumers', 'orders', '--json'),
      run('dead-letters', 'list', 'orders'),
      run('publish', 'nowhere', 'data'),
    ])
    expect(queues.stdout).toMatch(/^orders +\d/m)
    expect(JSON.parse(consumers.stdout)).toMatchObject([{ name: 'billing' }])
    expect(letters.stdout).toBe('No dead letters.\n')
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Queue "nowhere" does not exist'),
    })
  })
})
