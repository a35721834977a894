import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { passwordFrom } from '../../src/postgres/password-file.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const login = { host: 'db', port: 5432, database: 'app', user: 'me' }

async function find(lines: string[], asked = login, mode = 0o600): Promise<string> {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'pass')
  await writeFile(path, lines.join('\n'))
  await chmod(path, mode)
  return await passwordFrom(path, asked)
}

test('the first line that fits gives the password', async () => {
  const lines = ['# db:5432:app:me:comment', 'db:5433:app:me:a', 'other:*:*:*:b', 'db:*:*:me:c', '*:*:*:*:d']
  expect(await find(lines)).toBe('c')
  expect(await find(lines, { ...login, user: 'you' })).toBe('d')
})

test('a backslash lets a colon and itself stand in any field', async () => {
  const lines = ['\\:\\:1:*:a\\\\b:me:p\\:q\\\\r:s']
  expect(await find(lines, { ...login, host: '::1', database: 'a\\b' })).toBe('p:q\\r:s')
})

test('a socket is found by its directory and as localhost', async () => {
  const socket = { ...login, host: '/run/pg' }
  expect(await find(['/run/pg:*:*:*:a'], socket)).toBe('a')
  expect(await find(['localhost:*:*:*:b'], socket)).toBe('b')
})

test('a file that is missing, open to others or without the line is named with what to do', async () => {
  await expect(passwordFrom('/nowhere/pass', login)).rejects.toThrow(/PGPASSWORD or .*\/nowhere\/pass/)
  await expect(find(['*:*:*:*:a'], login, 0o640)).rejects.toThrow(/chmod 600/)
  await expect(find(['other:*:*:*:a'])).rejects.toThrow(/no line of it fits: .*PGPASSWORD/)
})
