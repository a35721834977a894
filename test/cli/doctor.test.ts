import { expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'

test('doctor names what is wrong, with its remedy, by an exit code, and shows no control characters', async () => {
  await using fixture = await createTestDatabase()
  const run = (...args: string[]) => runCli(['doctor', ...args, '--database-url', fixture.url])
  const client = await fixture.connect()
  await client.query('select pgq.create_queue($1)', ['red\u001b[31m'])
  await client.query('update pgq.queue set queue_disable_insert = true')
  await client.query('select pgq_gateway.begin_life(1), pgq_gateway.sign_of_life(1, true)')

  const text = await run()
  expect(text).toMatchObject({ code: 1 })
  expect(text.stdout).toMatch(/^WARNING QUEUE_DISABLED, queue red�\[31m\n {2}It takes no events/m)
  expect(text.stdout).toMatch(/^ {4}update pgq\.queue set queue_disable_insert = false where queue_name = /m)
  expect(text.stdout).not.toContain('\u001b')

  const { stdout } = await run('--json')
  const [{ name, findings }] = JSON.parse(stdout).databases
  const finding = findings.find(({ check }: { check: string }) => check === 'QUEUE_DISABLED')
  expect({ name, finding }).toMatchObject({
    name: 'main',
    finding: { queue: 'red\u001b[31m', command: null },
  })
  await client.query(finding.sql)
  expect((await run('--json')).stdout).not.toContain('QUEUE_DISABLED')

  await client.query('drop schema pgq_gateway cascade')
  await client.end()
  const bare = await run()
  expect(bare).toMatchObject({ code: 2, stdout: expect.stringContaining('$ pgq-graphql install') })
})

test('doctor calls a database that it cannot reach an error', async () => {
  const { code, stdout } = await runCli(['doctor', '--database-url', 'postgresql://u:geheim@127.0.0.1:1/d'])
  expect({ code, stdout }).toMatchObject({ code: 2, stdout: expect.stringContaining('ERROR UNREACHABLE') })
  expect(stdout).not.toContain('geheim')
})
