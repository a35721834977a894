import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'
import { runCli } from '../support/cli.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('--version prints the version of package.json', async () => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8'))
  expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('--help names every command, option, variable and exit code on stdout', async () => {
  const general = await runCli(['--help'])
  expect(general).toMatchObject({ code: 0, stderr: '' })
  for (const word of [
    'serve',
    'install',
    'uninstall',
    'ticker',
    'status',
    'doctor',
    'queues',
    'consumers',
    'top',
    'move-consumer',
    'tail',
    'publish',
    'events',
    'event',
    'dead-letters',
    'completion',
    'reload',
    'key',
    'Examples:',
    'Exit codes',
  ]) {
    expect(general.stdout).toContain(word)
  }
  const serve = (await runCli(['serve', '--help'])).stdout.replace(/\s+/g, ' ')
  for (const word of [
    '--host',
    '--port',
    '--database-url',
    '--engine',
    '--data-dir',
    '--log-level',
    '--config',
  ]) {
    expect(serve).toContain(word)
  }
  for (const word of ['HOST', 'PORT', 'DATABASE_URL', 'PGQ_ENGINE', 'PGQ_DATA_DIR', 'LOG_LEVEL']) {
    expect(serve).toContain(`(env: ${word})`)
  }
  expect(serve).toContain('(default: 4000)')
  expect(serve).toContain('--allow-unauthenticated-remote')
  expect(serve).toContain('--keys-file')
  const create = (await runCli(['key', 'create', '--help'])).stdout
  for (const word of [
    '--name',
    '--grant',
    '--expires',
    'VERB[:DATABASE',
    'consume  register as',
    'Examples:',
  ])
    expect(create).toContain(word)
  expect((await runCli(['install', '--help'])).stdout).toMatch(/--dry-run +print what would be created/)
})

test('--help of each command shows examples of it', () => {
  const isLeaf = ({ commands }: Command) => commands.length === 0
  const leaves = (command: Command): Command[] =>
    isLeaf(command) ? [command] : command.commands.flatMap(leaves)
  const program = createProgram()
  const visible = leaves(program).filter((command) => !command.name().startsWith('__'))
  expect(visible.length).toBeGreaterThan(20)
  for (const command of visible) {
    let text = ''
    command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp()
    expect(text, command.name()).toMatch(/\nExamples:\n {2}.*pgq-graphql [^\n]*/)
    const [, examples = ''] = text.split('\nExamples:\n')
    expect(examples, command.name()).toContain(command.name())
  }
})

test.each([
  [[], /Usage: pgq-graphql/],
  [['fly'], /unknown command 'fly'/],
  [['serve', '--prot', '1'], /unknown option '--prot'.*\n.*--port/],
  [['serve', 'now'], /too many arguments/],
  [['serve', '--port'], /argument missing/],
  [['serve', '--port', 'x'], /--port "x": must be a whole number/],
  [['status', '--config', '/nowhere.json'], /there is no such file/],
])('wrong use %j ends with code 2 and a message on stderr', async (args, message) => {
  const end = await runCli(args)
  expect(end).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
})

test('--print-config shows flags, environment and file as one, without secrets, and starts nothing', async () => {
  await using directory = await temporaryDirectory()
  await writeFile(join(directory.path, 'gateway.json'), '{"port": 4100, "limits": {"maxDepth": 7}}')
  const end = await runCli(['serve', '--config', 'gateway.json', '--print-config', '--no-ticker'], {
    cwd: directory.path,
    environment: { DATABASE_URL: 'postgresql://u:geheim@h/d' },
  })
  expect(end).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(end.stdout)).toMatchObject({
    port: 4100,
    databases: { main: { url: 'postgresql://u:***@h/d' } },
    ticker: { enabled: false },
    limits: { maxDepth: 7 },
  })
})

test('status, ticker and uninstall say so when no embedded server runs', async () => {
  await using directory = await temporaryDirectory()
  for (const command of ['status', 'ticker', 'uninstall']) {
    const end = await runCli([command], { cwd: directory.path })
    expect(end).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No embedded server runs in .pgq-graphql'),
    })
  }
})

test('a database that cannot be reached is named without its password, with code 1', async () => {
  for (const command of ['install', 'uninstall', 'status']) {
    const end = await runCli([command, '--database-url', 'postgresql://u:geheim@127.0.0.1:1/d'])
    expect(end.code).toBe(1)
    expect(end.stderr).toMatch(/Cannot connect to database "d" on 127\.0\.0\.1:1 as user "u": .*ECONNREFUSED/)
    expect(end.stderr).not.toContain('geheim')
  }
})
