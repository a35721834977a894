import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway/gateway.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { testLogger } from '../support/logger.ts'

/** A gateway on a database of its own, ready, with a queue `q` in it. */
export async function createTestGateway(
  options: Partial<GatewayOptions> = {},
): Promise<{ gateway: Gateway; fixture: TestDatabase } & AsyncDisposable> {
  const fixture = await createTestDatabase()
  const gateway = createGateway({
    databases: [{ name: 'main', connectionString: fixture.url }],
    logger: testLogger(),
    ...options,
  })
  gateway.start()
  await gateway.databases.get('main').ready()
  const admin = await fixture.connect()
  await admin.query(`select pgq.create_queue('q')`)
  await admin.query(`update pgq.queue set queue_ticker_max_lag = '20 ms'`)
  await admin.end()
  return {
    gateway,
    fixture,
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

/** Listens on a free port. @returns The URL of `/graphql`. */
export async function listen(server: Server): Promise<{ url: string } & AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** A plain `node:http` server around a gateway, WebSockets included. */
export function serverOf(gateway: Gateway): Server {
  return createServer((request, response) => gateway.handle(request, response)).on(
    'upgrade',
    (request, socket, head) => gateway.upgrade(request, socket, head),
  )
}
