import { copyFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LiveDatabase } from '../../src/database/live-database.ts'
import { giveTo, serverUser } from '../../src/embedded/server-user.ts'
import { Client } from '../../src/postgres/client.ts'
import { connectionTarget } from '../../src/postgres/connection-target.ts'
import { type Certificates, makeCertificates } from '../support/certificates.ts'
import { startCluster, type TestCluster } from '../support/cluster.ts'
import { openConnections } from '../support/connections.ts'
import { until } from '../support/deadline.ts'
import { testLogger } from '../support/logger.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

let directory: TemporaryDirectory
let certificates: Certificates
let encrypted: TestCluster
let plain: TestCluster

beforeAll(async () => {
  directory = await temporaryDirectory()
  certificates = await makeCertificates(directory.path)
  const { authority, server } = certificates
  const accessFile = join(directory.path, 'pg_hba.conf')
  const access = [
    'hostssl all secret    all scram-sha-256',
    'hostssl all certified all cert',
    'hostssl all only_tls  all trust',
    'host    all postgres  all trust',
  ]
  await writeFile(accessFile, `${access.join('\n')}\n`)
  await giveTo(await serverUser(directory.path), server.key)
  encrypted = await startCluster(18, {
    ssl: 'on',
    ssl_cert_file: server.certificate,
    ssl_key_file: server.key,
    ssl_ca_file: authority,
    hba_file: accessFile,
  })
  plain = await startCluster(18)
  await withClient(url('postgres', 'sslmode=disable'), (client) =>
    client.query(
      `create role secret login password 'pass'; create role certified login; create role only_tls login;
       create role pgq_admin`,
    ),
  )
})

afterAll(async () => {
  await encrypted[Symbol.asyncDispose]()
  await plain[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const url = (user: string, parameters: string, host = '127.0.0.1', cluster = encrypted) =>
  `postgresql://${user}@${host}:${cluster.port}/postgres?${parameters}`

async function withClient<Result>(
  connectionUrl: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({
    target: connectionTarget(connectionUrl, { HOME: directory.path }),
    applicationName: 'test',
    settings: {},
    connectTimeoutMs: 10_000,
    answerTimeoutMs: 10_000,
  })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Says whether the connection was encrypted. */
const isEncrypted = (connectionUrl: string) =>
  withClient(connectionUrl, async (client) => {
    const text = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'
    return (await client.query<{ ssl: boolean }>(text)).rows[0]?.ssl
  })

describe('a server with the certificate of a private authority', () => {
  test.each([
    ['', true],
    ['sslmode=prefer', true],
    ['sslmode=require', true],
    ['sslmode=require&sslnegotiation=direct', true],
    ['sslmode=disable', false],
  ])('is connected to with %j, unasked who it is', async (parameters, expected) => {
    expect(await isEncrypted(url('postgres', parameters))).toBe(expected)
  })

  test.each(['sslmode=require', 'sslmode=verify-ca', ''])(
    'has to be signed by the authority that is named with %j, whatever its name',
    async (mode) => {
      const { authority, stranger } = certificates
      expect(await isEncrypted(url('postgres', `${mode}&sslrootcert=${authority}`))).toBe(true)
      await expect(isEncrypted(url('postgres', `${mode}&sslrootcert=${stranger}`))).rejects.toThrow(
        /was not signed by .*stranger\.crt: name the file .* by sslrootcert or PGSSLROOTCERT/,
      )
    },
  )

  test('has to have its name for verify-full', async () => {
    const full = `sslmode=verify-full&sslrootcert=${certificates.authority}`
    expect(await isEncrypted(url('postgres', full, 'localhost'))).toBe(true)
    await expect(isEncrypted(url('postgres', full))).rejects.toThrow(
      /altnames.*; connect by a name .*verify-ca/,
    )
  })

  test('is refused by verify-full without the authority, with what to do', async () => {
    await expect(isEncrypted(url('postgres', 'sslmode=verify-full', 'localhost'))).rejects.toThrow(
      /authorities that Node brings: name the file .* by sslrootcert .*sslmode=require/,
    )
  })

  test('that takes no other connections is connected to by default', async () => {
    expect(await isEncrypted(url('only_tls', ''))).toBe(true)
    await expect(isEncrypted(url('only_tls', 'sslmode=disable'))).rejects.toThrow(/no encryption/)
  })

  test('asks for a certificate of the user, and gets it', async () => {
    const { certificate, key } = await certificates.client('certified')
    expect(await isEncrypted(url('certified', `sslmode=require&sslcert=${certificate}&sslkey=${key}`))).toBe(
      true,
    )
    await expect(isEncrypted(url('certified', 'sslmode=require'))).rejects.toThrow(/certificate/)
  })

  test('binds the login to its certificate where that is asked for, or is refused', async () => {
    const bound = 'sslmode=require&channel_binding=require'
    expect(await isEncrypted(url('secret:pass', bound))).toBe(true)
    await expect(isEncrypted(url('secret:wrong', bound))).rejects.toThrow(/password authentication failed/)
    await expect(isEncrypted(url('postgres', bound))).rejects.toThrow(/offers no channel binding/)
  })

  test('is served by a gateway, which installs and listens', async () => {
    const connectionString = url(
      'postgres',
      `sslmode=verify-full&sslrootcert=${certificates.authority}`,
      'localhost',
    )
    const live = new LiveDatabase({ name: 'main', connectionString, engine: 'sql' }, { logger: testLogger() })
    await live.ready()
    await until(() => live.health().listening && live.health().ticker, 'readiness')
    await live.close()
  })

  test('cannot be reached while a file is missing, which ends nothing', async () => {
    const file = join(directory.path, 'copy.crt')
    await copyFile(certificates.authority, file)
    const database = openConnections(url('postgres', `sslmode=verify-ca&sslrootcert=${file}`))
    await rm(file)
    const ask = () => database.callAside({ name: 'one', role: 'admin', text: 'select 1 as one' })
    const answers = await Promise.allSettled([ask(), ask(), ask(), ask()])
    expect(answers.map((answer) => answer.status === 'rejected' && answer.reason.code)).toEqual(
      answers.map(() => 'UNAVAILABLE'),
    )
    await copyFile(certificates.authority, file)
    expect(await ask()).toEqual([{ one: 1 }])
    await database.close()
  })
})

describe('a server without TLS', () => {
  test.each(['', 'sslmode=prefer', 'sslmode=allow'])('is connected to with %j', async (parameters) => {
    expect(await isEncrypted(url('postgres', parameters, '127.0.0.1', plain))).toBe(false)
  })

  test('is refused by require, with what to do', async () => {
    await expect(isEncrypted(url('postgres', 'sslmode=require', '127.0.0.1', plain))).rejects.toThrow(
      /has no TLS; use sslmode=prefer or disable/,
    )
  })

  test('is reached over its Unix socket, whatever the mode', async () => {
    const socket = join(plain.dataDirectory, '../s')
    const place = `postgresql://postgres@/postgres?host=${socket}&port=${plain.port}`
    expect(await isEncrypted(`${place}&sslmode=require`)).toBe(false)
  })
})

test('a server that asks for a password that nobody gives is left at once', async () => {
  const login = withClient(url('secret', ''), async () => {})
  await expect(login).rejects.toThrow(
    /asks for a password, and none is given: .* PGPASSWORD or the password file .*/,
  )
  const text = `select count(*)::int as waiting from pg_stat_activity where usename = 'secret' or usename is null and backend_type = 'client backend'`
  const waiting = () =>
    withClient(url('postgres', ''), async (client) => (await client.query(text)).rows[0].waiting as number)
  await until(async () => (await waiting()) === 0, 'the end of its backend')
})

test('a password comes from the password file', async () => {
  await writeFile(join(directory.path, '.pgpass'), '127.0.0.1:*:postgres:secret:pass\n', { mode: 0o600 })
  expect(await isEncrypted(url('secret', ''))).toBe(true)
  await rm(join(directory.path, '.pgpass'))
})
