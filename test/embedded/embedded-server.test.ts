import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { findEmbeddedServer, startEmbeddedServer } from '../../src/embedded/embedded-server.ts'
import { findPostmaster, readPostmasterFile } from '../../src/embedded/postmaster.ts'
import { processIdentity } from '../../src/embedded/process-identity.ts'
import { type Child, startChild, startNode } from '../support/child.ts'
import { until } from '../support/deadline.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { unpackedBinaries } from '../support/unpacked-binaries.ts'

/** Comes with Debian's PostgreSQL; the embedded one has none. */
const psql = '/usr/bin/psql'
const isRoot = process.getuid?.() === 0
/** Options that run a child as `nobody` where the tests run as root, otherwise as the user who runs them. */
const normalUser = isRoot ? { uid: 65_534, gid: 65_534 } : {}

function logTo(lines: string[]) {
  return pino(
    { level: 'debug' },
    { write: (line: string) => lines.push((JSON.parse(line) as { msg: string }).msg) },
  )
}

async function query<Row extends object>(connectionString: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

/** Starts a process that runs the built embedded server until SIGTERM and prints `url: …` when it is ready. */
function startProcess(dataDirectory: string, options: { uid?: number; gid?: number } = {}): Child {
  const module = resolve('dist/embedded/embedded-server.js')
  const program = `
    const { startEmbeddedServer } = await import(${JSON.stringify(module)})
    const { pino } = await import('pino')
    try {
      const server = await startEmbeddedServer({ dataDirectory: ${JSON.stringify(dataDirectory)}, logger: pino() })
      process.once('SIGTERM', () => server.stop())
      console.log('url: ' + server.connectionString)
    } catch (error) {
      console.error('error: ' + error.message)
      process.exitCode = 1
    }`
  return startNode(['--input-type=module', '-e', program], options)
}

test('data, address and password survive a restart', async () => {
  await using directory = await temporaryDirectory()
  const dataDirectory = join(directory.path, 'data')
  const lines: string[] = []
  const first = await startEmbeddedServer({ dataDirectory, logger: logTo(lines) })
  await query(first.connectionString, 'create table kept as select 1 as one')
  await first.stop()
  expect(lines).toEqual([
    expect.stringContaining(`Initialising an embedded PostgreSQL in ${dataDirectory}`),
    expect.stringContaining('Starting the embedded PostgreSQL'),
    expect.stringMatching(/^Embedded PostgreSQL 18\.\d+ is ready on 127\.0\.0\.1:\d+ after \d+\.\d s$/),
    expect.stringMatching(/^To look into it: psql '/),
    'The embedded PostgreSQL has stopped',
  ])
  const second = await startEmbeddedServer({ dataDirectory, logger: logTo(lines) })
  expect(second.connectionString).toBe(first.connectionString)
  expect(await query(second.connectionString, 'select one from kept')).toEqual([{ one: 1 }])
  await second.stop()
  expect(lines.filter((line) => line.includes('Initialising'))).toHaveLength(1)
})

test.runIf(existsSync(psql))('the log tells how psql gets in, and not the password', async () => {
  await using directory = await temporaryDirectory()
  const dataDirectory = join(directory.path, "it's 100 % data & more")
  const lines: string[] = []
  const server = await startEmbeddedServer({ dataDirectory, logger: logTo(lines) })
  try {
    const command = lines.find((line) => line.includes('psql'))?.replace('To look into it: ', '') ?? ''
    await using child = startChild('sh', ['-c', `${command} -wAtc 'select current_user'`])
    expect(await child.ended(), child.stderr()).toEqual({ code: 0, signal: null })
    expect(child.stdout()).toBe('postgres\n')
    expect(lines.join('\n')).not.toContain(new URL(server.connectionString).password)
    expect((await stat(join(dataDirectory, 'server.pgpass'))).mode & 0o777).toBe(0o600)
  } finally {
    await server.stop()
  }
})

test('the server is durable, on loopback alone, and asks for the password that only its owner can read', async () => {
  await using directory = await temporaryDirectory()
  const server = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo([]) })
  try {
    const settings = await query(
      server.connectionString,
      `select name, setting from pg_settings where name in
       ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'unix_socket_directories') order by name`,
    )
    expect(Object.fromEntries(settings.map((row) => Object.values(row)))).toEqual({
      fsync: 'on',
      full_page_writes: 'on',
      listen_addresses: '127.0.0.1',
      synchronous_commit: 'on',
      unix_socket_directories: '',
    })
    const wrong = new URL(server.connectionString)
    wrong.password = 'guess'
    await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/)
    expect((await stat(join(directory.path, 'server.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(directory.path, 'postgres'))).mode & 0o777).toBe(0o700)
  } finally {
    await server.stop()
  }
})

test('a second server on the same directory is refused with the process of the first', async () => {
  await using directory = await temporaryDirectory()
  const server = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo([]) })
  try {
    await using second = startProcess(directory.path)
    expect(await second.ended()).toEqual({ code: 1, signal: null })
    expect(second.stderr()).toContain(
      `Process ${process.pid} already runs an embedded PostgreSQL in ${directory.path}`,
    )
    expect(await findEmbeddedServer(directory.path)).toBe(server.connectionString)
    expect(await query(server.connectionString, 'select 1 as one')).toEqual([{ one: 1 }])
  } finally {
    await server.stop()
  }
  expect(await findEmbeddedServer(directory.path)).toBeNull()
})

test('after kill -9 the next start ends the orphan and recovers what was committed', async () => {
  await using directory = await temporaryDirectory()
  await using killed = startProcess(directory.path)
  const [, url = ''] = await killed.printed(/url: (.*)/)
  await query(url, 'create table kept as select 1 as one')
  killed.process.kill('SIGKILL')
  await killed.ended()
  const orphan = await findPostmaster(join(directory.path, 'postgres'))
  expect(orphan).not.toBeNull()
  expect(await findEmbeddedServer(directory.path)).toBeNull()

  const lines: string[] = []
  const next = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo(lines) })
  try {
    expect(lines).toContain(`Stopping PostgreSQL process ${orphan}, left by a server that was killed`)
    expect(await processIdentity(orphan ?? 0)).toBeUndefined()
    expect(next.connectionString).toBe(url)
    expect(await query(url, 'select one from kept')).toEqual([{ one: 1 }])
  } finally {
    await next.stop()
  }
})

test('after kill -9 of everything a postmaster.pid that names a living stranger does not block the start', async () => {
  await using directory = await temporaryDirectory()
  const first = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo([]) })
  const file = join(directory.path, 'postgres', 'postmaster.pid')
  const left = await readFile(file, 'utf8')
  await first.stop()
  const stranger = startNode(['-e', 'setTimeout(() => {}, 60_000)'])
  await using _stranger = stranger
  await writeFile(file, left.replace(/^\d+/, String(stranger.pid)))
  const next = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo([]) })
  expect(await query(next.connectionString, 'select 1 as one')).toEqual([{ one: 1 }])
  await next.stop()
  expect(await processIdentity(stranger.pid)).toBeDefined()
})

test('a server that is killed under us is started again at the same address', async () => {
  await using directory = await temporaryDirectory()
  const lines: string[] = []
  const server = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo(lines) })
  try {
    const before = await readPostmasterFile(join(directory.path, 'postgres'))
    process.kill(before?.pid ?? 0, 'SIGKILL')
    const rows = await until(
      () => query(server.connectionString, 'select 1 as one').catch(() => null),
      'an answer of the restarted server',
      { timeoutMs: 20_000 },
    )
    expect(rows).toEqual([{ one: 1 }])
    expect(lines).toContain(
      'The embedded PostgreSQL ended unexpectedly with signal SIGKILL; starting it again',
    )
  } finally {
    await server.stop()
  }
  expect(await readPostmasterFile(join(directory.path, 'postgres'))).toBeNull()
})

test('a port that another program took is replaced, and the new one is remembered', async () => {
  await using directory = await temporaryDirectory()
  const first = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo([]) })
  const port = Number(new URL(first.connectionString).port)
  await first.stop()
  const squatter = createServer().listen(port, '127.0.0.1')
  await new Promise((done) => squatter.once('listening', done))
  const second = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo([]) })
  expect(new URL(second.connectionString).port).not.toBe(String(port))
  await second.stop()
  await new Promise((done) => squatter.close(done))
  const third = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo([]) })
  expect(third.connectionString).toBe(second.connectionString)
  await third.stop()
})

test('an initialisation that was cut short is begun anew', async () => {
  await using directory = await temporaryDirectory()
  await using killed = startProcess(directory.path)
  await killed.printed(/Initialising/)
  killed.process.kill('SIGKILL')
  await killed.ended()
  const server = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo([]) })
  expect(await query(server.connectionString, 'select 1 as one')).toEqual([{ one: 1 }])
  await server.stop()
})

test('a normal user starts, stops in order and starts again', async () => {
  await using directory = await temporaryDirectory()
  if (normalUser.uid !== undefined) await chown(directory.path, normalUser.uid, normalUser.gid)
  const dataDirectory = join(directory.path, 'data')
  for (const _round of ['first', 'second']) {
    await using server = startProcess(dataDirectory, normalUser)
    const [, url = ''] = await server.printed(/url: (.*)/)
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    server.process.kill('SIGTERM')
    expect(await server.ended()).toEqual({ code: 0, signal: null })
    expect(await readPostmasterFile(join(dataDirectory, 'postgres'))).toBeNull()
  }
  const owner = await stat(join(dataDirectory, 'postgres'))
  expect(owner.uid).toBe(normalUser.uid ?? process.getuid?.())
})

test('a directory with other files, or of another PostgreSQL, is refused with the remedy', async () => {
  await using directory = await temporaryDirectory()
  await writeFile(join(directory.path, 'thesis.txt'), '')
  const start = (dataDirectory: string) => startEmbeddedServer({ dataDirectory, logger: logTo([]) })
  await expect(start(directory.path)).rejects.toThrow(
    /holds other files. Give --data-dir a new or empty directory/,
  )
  await expect(start(join(directory.path, 'thesis.txt'))).rejects.toThrow(
    /cannot be made .* Give --data-dir another/,
  )

  const old = join(directory.path, 'old')
  await mkdir(join(old, 'postgres'), { recursive: true })
  await writeFile(join(old, '.gitignore'), '*')
  await writeFile(join(old, 'postgres', 'PG_VERSION'), '17\n')
  await expect(start(old)).rejects.toThrow(/was made by PostgreSQL 17, and this version brings 18\. Dump it/)
  await writeFile(join(old, 'postgres', 'PG_VERSION'), '18\n')
  await expect(start(old)).rejects.toThrow(/server\.json, which holds the password, is missing/)
  expect(await findEmbeddedServer(old)).toBeNull()
})

if (isRoot) {
  test('root can start with data and programs where the user of PostgreSQL may not go', async () => {
    await using directory = await temporaryDirectory()
    const closed = join(directory.path, 'closed')
    await mkdir(closed, { mode: 0o700 })
    const server = await startEmbeddedServer({
      dataDirectory: join(closed, 'data'),
      nativeDirectory: await unpackedBinaries(closed),
      logger: logTo([]),
    })
    expect(await query(server.connectionString, 'select 1 as one')).toEqual([{ one: 1 }])
    await server.stop()
    expect((await stat(closed)).mode & 0o777).toBe(0o700)
  })

  test('a normal user is told that the directory was made by another', async () => {
    await using directory = await temporaryDirectory()
    const server = await startEmbeddedServer({ dataDirectory: directory.path, logger: logTo([]) })
    await server.stop()
    await using other = startProcess(directory.path, normalUser)
    expect(await other.ended()).toEqual({ code: 1, signal: null })
    expect(other.stderr()).toContain(`The data directory ${directory.path} belongs to another user`)
  })

  test('root starts what a normal user made as that user, and leaves it usable to them', async () => {
    await using directory = await temporaryDirectory()
    await chown(directory.path, 65_534, 65_534)
    const startAndStop = async (options: { uid?: number; gid?: number }) => {
      await using server = startProcess(directory.path, options)
      await server.printed(/url: /)
      server.process.kill('SIGTERM')
      expect(await server.ended()).toEqual({ code: 0, signal: null })
    }
    await startAndStop(normalUser)
    await startAndStop({})
    await startAndStop(normalUser)
  })
}
