import { expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'
import { availableEngines, createTestDatabase } from '../support/database.ts'

test.each(availableEngines)(
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
