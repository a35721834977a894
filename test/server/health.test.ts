import { get } from 'node:http'
import { expect, test } from 'vitest'
import { createCaller } from '../../src/caller.ts'
import { PgqError } from '../../src/errors.ts'
import { startTestServer } from '../support/server.ts'

/** Asks for the readiness. @returns the keys of the answer. */
function readiness(url: string, headers: Record<string, string> = {}): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const sent = get(new URL('/health/ready', url), { headers }, async (response) => {
      const parts: Buffer[] = []
      for await (const part of response) parts.push(part as Buffer)
      resolve(Object.keys(JSON.parse(String(Buffer.concat(parts)))))
    })
    sent.on('error', reject)
  })
}

test('readiness names databases to callers who may see their statistics', async () => {
  const monitor = createCaller({ name: 'monitor', grants: ['stats:main'] })
  const worker = createCaller({ name: 'worker', grants: ['consume:main/q/c'] })
  await using t = await startTestServer({
    authenticate({ headers: { authorization } }) {
      if (authorization === 'Bearer monitor') return monitor
      if (authorization === 'Bearer worker') return worker
      throw new PgqError('UNAUTHENTICATED', 'Send a token')
    },
  })
  expect(await readiness(t.url, { authorization: 'Bearer monitor' })).toEqual(['status', 'databases'])
  for (const authorization of ['Bearer worker', 'Bearer nobody'])
    expect(await readiness(t.url, { authorization })).toEqual(['status'])
  expect(await readiness(t.url)).toEqual(['status'])
})

test('readiness names databases where nobody needs credentials, but not to a name that a page may have made up', async () => {
  await using t = await startTestServer()
  expect(await readiness(t.url)).toEqual(['status', 'databases'])
  expect(await readiness(t.url, { host: 'evil.example' })).toEqual(['status'])
})
