import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { auditInLog, openAuditFile } from '../../src/cli/audit.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { runCli, startCli } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { sendBytes } from '../support/http.ts'
import { testLogger } from '../support/logger.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('all lines are in the file when it is closed, after those that were there', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'audit.log')
  for (let start = 0; start < 2; start++) {
    const { logger, close } = await openAuditFile(path, testLogger())
    for (let n = 0; n < 5_000; n++) logger.info({ n: start * 5_000 + n }, 'mutation')
    await close()
  }
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).n)).toEqual(Array.from({ length: 10_000 }, (_, n) => n))
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a file that cannot be opened is an error that names it', async () => {
  await using directory = await temporaryDirectory()
  await mkdir(join(directory.path, 'folder'))
  for (const path of [join(directory.path, 'none', 'audit.log'), join(directory.path, 'folder')]) {
    const opened = openAuditFile(path, testLogger())
    await expect(opened).rejects.toThrow(ConfigError)
    await expect(opened).rejects.toThrow(path)
  }
})

test('lines in the log have a mark, and are there though the log has warnings alone', async () => {
  const lines: object[] = []
  const log = pino({ level: 'warn', base: null }, { write: (line) => void lines.push(JSON.parse(line)) })
  const { logger, close } = auditInLog(log)
  logger.info('mutation')
  log.info('not of interest')
  await close()
  expect(lines).toEqual([expect.objectContaining({ audit: true, msg: 'mutation' })])
})

test('serve writes mutations into its log where it knows who sends them', { timeout: 60_000 }, async () => {
  await using directory = await temporaryDirectory()
  await using fixture = await createTestDatabase()
  const keys = ['--keys-file', join(directory.path, 'keys.json')]
  const { stdout } = await runCli(['key', 'create', '--name', 'k', '--grant', 'admin', ...keys])
  const environment = { DATABASE_URL: fixture.url }
  await using gateway = await startCli(['serve', '--port', '0', ...keys], { environment })
  const [, url = ''] = await gateway.printed(/Listening on (http:\/\/[^\s"\\]+)/, 40_000)
  await gateway.printed(/"Ready/, 40_000)
  const { body } = await sendBytes(url, {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${stdout.trim()}` },
    body: '{"query":"mutation { createQueue(input: { name: \\"q\\" }) { created } }"}',
  })
  expect(JSON.parse(body)).toEqual({ data: { createQueue: { created: true } } })
  await gateway.printed(
    /"audit":true,"caller":"key:k",.*"mutation":"createQueue",.*"queue":"q",.*"outcome":"ok"/,
  )
})
