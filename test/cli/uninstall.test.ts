import { expect, test } from 'vitest'
import { runCli, startCli } from '../support/cli.ts'
import { createTestDatabase, eachEngine } from '../support/database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test.each(eachEngine)(
  'uninstall on %s prints what it would drop, does so with --yes, and then has nothing to do',
  async (engine) => {
    await using database = await createTestDatabase(engine)
    const environment = { DATABASE_URL: database.url }
    const plan = await runCli(['uninstall'], { environment })
    expect(plan).toMatchObject({ code: 0, stderr: '' })
    expect(plan.stdout).toMatch(
      /^Nothing was changed\. With --yes, this would have:\n {2}dropped the trigger on pgq\.tick\n[\s\S]*\nand kept:\n {2}schema /,
    )
    expect(await runCli(['uninstall', '--yes', '--dry-run'], { environment })).toEqual(plan)
    const done = await runCli(['uninstall', '--yes'], { environment })
    expect(done).toMatchObject({ code: 0 })
    expect(done.stdout).toMatch(/^dropped the trigger on pgq\.tick\n[\s\S]*\nkept the roles /)
    expect(await runCli(['uninstall', '--yes'], { environment })).toMatchObject({
      code: 0,
      stdout: 'Nothing to uninstall.\n',
    })
    expect((await runCli(['status'], { environment })).stdout).toBe('No queues.\n')
    expect(await runCli(['install'], { environment })).toMatchObject({ code: 0 })
  },
)

test('uninstall plans while the gateway of an embedded server runs, and says how to be rid of that', async () => {
  await using directory = await temporaryDirectory()
  const options = { cwd: directory.path }
  await using server = await startCli(['serve', '--port', '0'], options)
  await server.printed(/installed schema pgq_gateway/, 30_000)
  const advice =
    /^This database is served by .* The embedded server ends with its gateway; .* remove .*\.pgq-graphql\.$/m
  const plan = await runCli(['uninstall', '--with-engine'], options)
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringMatching(advice) })
  expect(plan.stdout).toContain('  dropped schema pgq with 0 queues')
  expect(await runCli(['uninstall', '--yes'], options)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/Nothing was uninstalled: This database is served by .* remove /),
  })
  server.process.kill('SIGTERM')
  await server.ended()
})
