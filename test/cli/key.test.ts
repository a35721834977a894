import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hashOf } from '../../src/auth/secret.ts'
import { runCli, startCli } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const read = async (file: string) => JSON.parse(await readFile(file, 'utf8'))

/** Runs `key` in a directory of its own, on `keys.json` there. */
async function keysDirectory() {
  const directory = await temporaryDirectory()
  const key = (...args: string[]) =>
    runCli(['key', ...args, '--keys-file', 'keys.json'], { cwd: directory.path })
  return {
    path: directory.path,
    file: join(directory.path, 'keys.json'),
    key,
    create: (name: string, ...args: string[]) => key('create', '--name', name, '--grant', 'stats', ...args),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}

test('a new key is its secret alone on stdout, and its hash in a file for its owner alone', async () => {
  await using keys = await keysDirectory()
  const startedMs = Date.now()
  const end = await keys.key(
    ...[
      'create',
      '--name',
      'billing',
      '--grant',
      'publish:main/orders',
      '--grant',
      'stats',
      '--expires',
      '2h',
    ],
  )
  expect(end).toMatchObject({ code: 0, stdout: expect.stringMatching(/^pgq_[\w-]{43}\n$/) })
  const secret = end.stdout.trim()
  expect(end.stderr).toMatch(/Key billing is in keys\.json\. It is good until 2\d{3}-/)
  expect(end.stderr).not.toContain(secret)
  const [entry, ...others] = await read(keys.file)
  expect(others).toEqual([])
  expect(entry).toEqual({
    name: 'billing',
    sha256: hashOf(secret),
    grants: ['publish:main/orders', 'stats'],
    expiresAt: expect.any(String),
  })
  expect(Math.abs(Date.parse(entry.expiresAt) - startedMs - 7_200_000)).toBeLessThan(60_000)
  expect((await stat(keys.file)).mode & 0o777).toBe(0o600)
  expect(await readdir(keys.path)).toEqual(['keys.json'])
})

test('list shows names, grants, ends and states, and no hash; revoke deletes one', async () => {
  await using keys = await keysDirectory()
  await keys.create('one', '--expires', 'never')
  const { stdout } = await keys.create('two')
  const [one, two] = await read(keys.file)
  await writeFile(keys.file, JSON.stringify([one, { ...two, expiresAt: '2020-01-31T12:00:00Z' }]))
  const list = await keys.key('list')
  expect(list).toMatchObject({ code: 0, stderr: '' })
  expect(list.stdout).toMatch(
    /NAME +GRANTS +EXPIRES +STATE\n.*\none +stats +never +good\ntwo +stats +2020-\S+ +expired\n$/,
  )
  for (const hidden of [one.sha256, two.sha256, stdout.trim()]) expect(list.stdout).not.toContain(hidden)
  expect(await keys.key('revoke', 'one')).toMatchObject({ code: 0, stdout: 'Key one is revoked.\n' })
  expect(await read(keys.file)).toMatchObject([{ name: 'two' }])
})

describe('what cannot be done is said with the remedy, and changes nothing', () => {
  test.each([
    [
      'a name that is there',
      ['create', '--name', 'one', '--grant', 'stats'],
      1,
      /keys\.json has a key one\. Give another --name/,
    ],
    [
      'a bad name',
      ['create', '--name', 'a b', '--grant', 'stats'],
      2,
      /--name "a b": must be 1 to 64 letters/,
    ],
    [
      'a bad grant',
      ['create', '--name', 'two', '--grant', 'write'],
      2,
      /"write" is not a grant: .*A grant is VERB\[:DATABASE/,
    ],
    ['a claim', ['create', '--name', 'two', '--grant', 'read:main/q?extra1={x}'], 2, /a key has no claims/],
    ['no grant', ['create', '--name', 'two'], 2, /required option '--grant <grant>'/],
    [
      'a bad end',
      ['create', '--name', 'two', '--grant', 'stats', '--expires', '90'],
      2,
      /--expires "90": must be a time such as 90d/,
    ],
    [
      'an end in a thousand years',
      ['create', '--name', 'two', '--grant', 'stats', '--expires', '365000d'],
      2,
      /at most 100 years/,
    ],
    ['a key that is not there', ['revoke', 'two'], 1, /keys\.json has no key two/],
  ])('%s', async (_title, args, code, message) => {
    await using keys = await keysDirectory()
    await keys.create('one')
    const before = await readFile(keys.file, 'utf8')
    expect(await keys.key(...args)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringMatching(message),
    })
    expect(await readFile(keys.file, 'utf8')).toBe(before)
    expect(await readdir(keys.path)).toEqual(['keys.json'])
  })

  test('a file that is damaged, missing or not named', async () => {
    await using keys = await keysDirectory()
    expect((await keys.key('list')).stderr).toContain(
      'There is no file keys.json. Make it with: pgq-graphql key create',
    )
    await writeFile(keys.file, '[{}]')
    const damaged = await keys.create('one')
    expect(damaged).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('keys.json key "0.name"'),
    })
    expect(await readFile(keys.file, 'utf8')).toBe('[{}]')
    expect(await runCli(['key', 'list'], { cwd: keys.path })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no keys file. Give --keys-file keys.json'),
    })
    const nowhere = await runCli([
      'key',
      'create',
      '--name',
      'x',
      '--grant',
      'stats',
      '--keys-file',
      '/nowhere/k.json',
    ])
    expect(nowhere).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/The keys cannot be written: ENOENT/),
    })
  })
})

test('keys that are made at the same time are all there', async () => {
  await using keys = await keysDirectory()
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const ends = await Promise.all(names.map((name) => keys.create(name)))
  expect(ends.map(({ code }) => code)).toEqual(names.map(() => 0))
  const entries: { name: string; sha256: string }[] = await read(keys.file)
  expect(entries.map(({ name }) => name).sort()).toEqual(names)
  expect(entries.map(({ sha256 }) => sha256).sort()).toEqual(
    ends.map(({ stdout }) => hashOf(stdout.trim())).sort(),
  )
  expect(await readdir(keys.path)).toEqual(['keys.json'])
}, 60_000)

test('a link to the file stays one, and a configuration names the file', async () => {
  await using keys = await keysDirectory()
  await mkdir(join(keys.path, 'etc'))
  await symlink(join('..', 'keys.json'), join(keys.path, 'etc', 'link.json'))
  await keys.create('one')
  await writeFile(join(keys.path, 'etc', 'gateway.json'), '{"auth": {"keysFile": "link.json"}}')
  const args = ['key', 'create', '--name', 'two', '--grant', 'stats', '--config', 'etc/gateway.json']
  expect(await runCli(args, { cwd: keys.path })).toMatchObject({ code: 0 })
  expect(await read(keys.file)).toMatchObject([{ name: 'one' }, { name: 'two' }])
})

test('serve takes requests of other machines with keys, warns of what anybody may do, and obeys key revoke', async () => {
  await using keys = await keysDirectory()
  await using database = await createTestDatabase()
  const environment = { DATABASE_URL: database.url }
  const args = ['serve', '--host', '0.0.0.0', '--port', '0']
  expect(await runCli(args, { cwd: keys.path, environment })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('it does not ask who they are'),
  })
  const unmade = await runCli([...args, '--keys-file', 'keys.json'], { cwd: keys.path, environment })
  expect(unmade).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('make it with: pgq-graphql key create'),
  })

  const { stdout } = await keys.create('grafana')
  const config = {
    host: '0.0.0.0',
    port: 0,
    auth: { keysFile: 'keys.json', anonymous: ['stats', 'publish:main/x'] },
  }
  await writeFile(join(keys.path, 'gateway.json'), JSON.stringify(config))
  await using server = await startCli(['serve', '--config', 'gateway.json'], { cwd: keys.path, environment })
  const [, port = ''] = await server.printed(/Listening on http:\/\/0\.0\.0\.0:(\d+)/)
  await server.printed(/Whoever reaches 0\.0\.0\.0 may, without credentials: publish:main\/x/)
  const status = async (authorization: string) => {
    const headers = { 'content-type': 'application/json', authorization }
    const body = '{"query":"{ __typename }"}'
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body })
    await response.body?.cancel()
    return response.status
  }
  expect(await status(`Bearer ${stdout.trim()}`)).toBe(200)
  expect(await status(`Bearer ${stdout.trim()}x`)).toBe(401)
  await keys.key('revoke', 'grafana')
  await until(async () => (await status(`Bearer ${stdout.trim()}`)) === 401, 'the refusal', {
    timeoutMs: 2_000,
  })
  server.process.kill('SIGTERM')
  expect(await server.ended()).toEqual({ code: 0, signal: null })
  expect(server.output()).not.toContain(stdout.trim())
})
