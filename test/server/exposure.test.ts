import { pino } from 'pino'
import { expect, test } from 'vitest'
import { startTestServer, type TestServerOptions } from '../support/server.ts'

/** Starts a server. @returns What it warns of. */
async function warningsOf(options: TestServerOptions): Promise<string[]> {
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) })
  await using _server = await startTestServer({ ...options, logger })
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg)
}

test.each<[string, TestServerOptions, string[]]>([
  ['a server on loopback', {}, []],
  ['one that listens everywhere without TLS', { host: '0.0.0.0' }, ['tls.certFile']],
  [
    'one whose public URL has no TLS',
    { host: '0.0.0.0', publicUrl: 'http://queues.example/' },
    ['tls.certFile'],
  ],
  ['one behind a proxy with TLS', { host: '0.0.0.0', publicUrl: 'https://queues.example/' }, []],
  ['one that pages of every origin may call', { cors: { origins: ['*'] } }, ['cors.origins']],
])('%s warns of what may not be meant so, and of nothing else', async (_, options, settings) => {
  const warnings = await warningsOf(options)
  expect(warnings).toEqual(settings.map((setting) => expect.stringContaining(setting)))
})
