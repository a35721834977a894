import { expect, test } from 'vitest'
import { freePort } from '../../src/embedded/free-port.ts'
import { Client } from '../../src/postgres/client.ts'
import { connectionTarget } from '../../src/postgres/connection-target.ts'
import { createTestDatabase } from '../support/database.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

/** Connects to the servers of `host:port` texts. */
async function connected(database: string, servers: readonly string[], options = ''): Promise<Client> {
  const client = new Client({
    target: connectionTarget(`postgresql://postgres@${servers.join(',')}/${database}${options}`),
    ...{ applicationName: 'test', settings: {}, connectTimeoutMs: 2_000, answerTimeoutMs: 0 },
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

const isServed = async (client: Client) => {
  const { rows } = await client.query(`select current_setting('jit') as jit`)
  await client.end()
  return rows[0].jit === 'off'
}

test('a connection is made to the first server that answers, with its settings', async () => {
  await using fixture = await createTestDatabase()
  const { host, database } = { host: new URL(fixture.url).host, database: fixture.name }
  await using silent = await startTcpProxy(fixture.url)
  silent.stall()
  const dead = `127.0.0.1:${await freePort()}`
  expect(await isServed(await connected(database, [dead, new URL(silent.url).host, host]))).toBe(true)
  expect(await isServed(await connected(database, [host, dead]))).toBe(true)
})

test('a server that takes no writes is left for the next, and all are named where none is left', async () => {
  await using fixture = await createTestDatabase()
  const { host } = new URL(fixture.url)
  const admin = await fixture.connect()
  await using _admin = { [Symbol.asyncDispose]: () => admin.end() }
  await admin.query(`alter database ${fixture.name} set default_transaction_read_only = on`)
  const dead = `127.0.0.1:${await freePort()}`
  const connect = (options: string) => connected(fixture.name, [dead, host], options)
  await expect(connect('')).rejects.toThrow(
    new RegExp(`no server can be used \\(${dead}: .*ECONNREFUSED.*; ${host}: the server takes no writes\\)`),
  )
  // It is no standby.
  expect(await isServed(await connect('?target_session_attrs=primary'))).toBe(true)
})

test('a database that the first server lacks is not looked for on the next', async () => {
  await using fixture = await createTestDatabase()
  const { host } = new URL(fixture.url)
  await using proxy = await startTcpProxy(fixture.url)
  const connecting = connected('nowhere', [host, new URL(proxy.url).host])
  await expect(connecting).rejects.toMatchObject({ code: '3D000' })
})
