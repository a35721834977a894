import { request } from 'node:http'
import { expect, test } from 'vitest'
import { createCaller } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
import { createPgqServer } from '../../src/server/server.ts'
import { createTestDatabase } from '../support/database.ts'
import { testLogger } from '../support/logger.ts'

/** Asks as a client that says which host it means. */
function statusFor(url: URL, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

test('a port of its own tells whoever reaches it the metrics, and serves nothing else', async () => {
  await using fixture = await createTestDatabase()
  const server = createPgqServer({
    host: '127.0.0.1',
    port: 0,
    logger: testLogger(),
    metrics: { port: 0 },
    databases: [{ name: 'main', connectionString: fixture.url, ticker: false }],
    authenticate({ headers: { authorization } }) {
      if (authorization === 'Bearer monitor') return createCaller({ name: 'monitor', grants: ['stats'] })
      throw new PgqError('UNAUTHENTICATED', 'Send a token')
    },
  })
  try {
    const { url, metricsUrl } = await server.listen()
    const own = new URL(metricsUrl ?? '')
    expect(own.hostname).toBe('127.0.0.1')
    const answer = await fetch(own)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    expect(await answer.text()).toContain('pgq_database_up{database="main"}')
    for (const path of ['/', '/graphql', '/health/live', '/health/ready', '/metrics/', '/assets/index.js'])
      expect([path, (await fetch(new URL(path, own))).status]).toEqual([path, 404])
    const query = JSON.stringify({ query: '{ __typename }' })
    const headers = { 'content-type': 'application/json', authorization: 'Bearer monitor' }
    expect((await fetch(new URL('/graphql', own), { method: 'POST', headers, body: query })).status).toBe(404)
    expect((await fetch(own, { method: 'POST', headers, body: query })).status).toBe(405)
    expect(await statusFor(own, 'evil.example')).toBe(403)
    expect((await fetch(new URL('/metrics', url), { headers })).status).toBe(404)
  } finally {
    await server.close()
  }
})
