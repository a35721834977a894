import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { auditInLog, openAuditFile } from '../../src/cli/audit.ts'
import { ConfigError } from '../../src/config/config-error.ts'
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

test('lines in the log have a mark, and are there though the log has warnings alone', () => {
  const lines: object[] = []
  const log = pino({ level: 'warn', base: null }, { write: (line) => void lines.push(JSON.parse(line)) })
  auditInLog(log).logger.info('mutation')
  log.info('not of interest')
  expect(lines).toEqual([expect.objectContaining({ audit: true, msg: 'mutation' })])
})
