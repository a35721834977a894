import { once } from 'node:events'
import net from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GuardedServer, startGuardedServer } from '../security/guarded-server.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { subscribe } from '../support/graphql.ts'

let server: GuardedServer
let other: TestDatabase
const lines: string[] = []

beforeAll(async () => {
  other = await createTestDatabase()
  server = await startGuardedServer({
    auditLogger: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    logger: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
  })
  server.admit('tenant', ['admin:tenant_*'])
  server.admit('main', ['admin:main'])
  server.admit('manager', ['manage', 'read', 'stats', 'consume', 'publish'])
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

const add = 'mutation ($input: AddDatabaseInput!) { addDatabase(input: $input) { database { name } } }'
const remove = 'mutation ($database: String!) { removeDatabase(input: { database: $database }) { removed } }'
const secret = 'geheim'

function urlWithSecret({ url }: { url: string }): string {
  const withPassword = new URL(url)
  withPassword.password = secret
  return withPassword.href
}

test('who is admin of a name adds a database under it, uses it, and removes it, and the URL is nowhere', async () => {
  const input = { database: 'tenant_1', url: urlWithSecret(other), engine: 'SQL', ticker: true }
  expect(await server.done('tenant', add, { input })).toEqual({
    addDatabase: { database: { name: 'tenant_1' } },
  })
  const health = () => server.gateway.health().databases.find(({ name }) => name === 'tenant_1')
  await until(() => health()?.reasons.length === 0, 'readiness')
  expect(health()?.required).toBe(false)
  const { createQueue } = await server.done(
    'tenant',
    'mutation { createQueue(input: { database: "tenant_1", name: "q" }) { created } }',
  )
  expect(createQueue.created).toBe(true)
  await using stream = subscribe(
    'SSE',
    server.url,
    'subscription { tail(database: "tenant_1", queue: "q", after: 1) { __typename } }',
    {},
    'tenant',
  )
  const ended = stream.next()
  expect((await server.refused('tenant', add, { input })).extensions).toMatchObject({
    code: 'BAD_INPUT',
    field: 'input.database',
  })
  expect(await server.done('tenant', remove, { database: 'tenant_1' })).toEqual({
    removeDatabase: { removed: true },
  })
  expect((await ended).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  expect(await server.done('tenant', remove, { database: 'tenant_1' })).toEqual({
    removeDatabase: { removed: false },
  })
  expect(
    lines.some((line) => line.includes('"mutation":"addDatabase"') && line.includes('"database":"tenant_1"')),
  ).toBe(true)
  expect(lines.join('')).not.toContain(secret)
})

test('others may not, whether or not there is such a database', async () => {
  for (const caller of ['main', 'manager'])
    for (const database of ['tenant_2', 'second', 'nowhere']) {
      const input = { database, url: urlWithSecret(other) }
      expect((await server.refused(caller, add, { input })).extensions.code).toBe('FORBIDDEN')
      expect((await server.refused(caller, remove, { database })).extensions.code).toBe('FORBIDDEN')
    }
  for (const caller of ['main', 'manager', 'tenant'])
    expect((await server.refused(caller, 'mutation { reloadConfiguration { added } }')).extensions.code).toBe(
      'FORBIDDEN',
    )
  expect([...server.gateway.databases].map(({ name }) => name)).toEqual(['main'])
})

test('a server without a configuration file says so', async () => {
  const error = await server.refused('root', 'mutation { reloadConfiguration { added } }')
  expect(error).toMatchObject({
    message: 'This server was started without a configuration file',
    extensions: { code: 'BAD_INPUT' },
  })
})

test.each([
  ['another scheme', `mysql://u:${secret}@h/d`, /must be a URL such as postgresql/],
  ['no host', `postgresql:///d?password=${secret}`, /must name a host/],
  ['a socket', `postgresql:///d?host=/run/postgresql&password=${secret}`, /must name a host/],
  ['a socket among hosts', `postgresql://u:${secret}@h,%2Frun%2Fpostgresql/d`, /must name a host/],
  ['an encoded socket', `postgresql://u:${secret}@%2Frun%2Fpostgresql/d`, /must name a host/],
  [
    'a file of passwords',
    `postgresql://u:${secret}@h/d?passfile=/etc/passwd`,
    /may not have the parameter passfile/,
  ],
  ['a file of certificates', `postgresql://u:${secret}@h/d?sslrootcert=/etc/x`, /parameter sslrootcert/],
  ['an unknown parameter', `postgresql://u:${secret}@h/d?pasword=x`, /unknown parameter/],
])('a URL with %s is refused without showing it', async (_title, url, message) => {
  const error = await server.refused('tenant', add, { input: { database: 'tenant_3', url } })
  expect(error.message).toMatch(message)
  expect(error.extensions).toMatchObject({ code: 'BAD_INPUT', field: 'input.url' })
  expect(JSON.stringify(error)).not.toContain(secret)
  expect(lines.join('')).not.toContain(secret)
})

test('a name that cannot be used is refused', async () => {
  const input = { database: `tenant_${'x'.repeat(200)}`, url: urlWithSecret(other) }
  const error = await server.refused('tenant', add, { input })
  expect(error.extensions).toMatchObject({ code: 'BAD_INPUT', field: 'input.database' })
})

test("a database of another's is not told this process's password", async () => {
  process.env.PGPASSWORD = 'password-of-the-process'
  try {
    const heard: string[] = []
    const stranger = net.createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        heard.push(bytes.toString('latin1'))
        // It says no to TLS, and then asks for the password in clear.
        if (bytes.length === 8) socket.write('N')
        else socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))
      })
    })
    stranger.listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    const { port } = stranger.address() as net.AddressInfo
    const input = { database: 'tenant_4', url: `postgresql://u@127.0.0.1:${port}/d` }
    await server.done('tenant', add, { input })
    const reasons = () =>
      server.gateway.health().databases.find(({ name }) => name === 'tenant_4')?.reasons ?? []
    await until(() => reasons().some((reason) => /password/.test(reason)), 'the lack of a password', {
      describe: () => JSON.stringify({ reasons: reasons(), heard }),
    })
    expect(heard.join()).not.toContain('password-of-the-process')
    await server.done('tenant', remove, { database: 'tenant_4' })
    stranger.close()
  } finally {
    delete process.env.PGPASSWORD
  }
})
