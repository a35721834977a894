import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { processIdentity } from '../../src/embedded/process-identity.ts'
import { LockedError, lockHolder, takeLock } from '../../src/embedded/server-lock.ts'
import { startNode } from '../support/child.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('a lock has one holder, is free after its release, and leaves nothing behind', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'lock')
  expect(await lockHolder(path)).toBeNull()
  const release = await takeLock(path)
  expect(await lockHolder(path)).toBe(process.pid)
  await expect(takeLock(path)).rejects.toThrow(LockedError)
  await expect(takeLock(path)).rejects.toMatchObject({ pid: process.pid })
  await release()
  expect(await readdir(directory.path)).toEqual([])
})

test('a lock of a dead process, of a reused number or with damaged content is taken over', async () => {
  await using directory = await temporaryDirectory()
  const dead = startNode(['-e', ''])
  const deadIdentity = (await processIdentity(dead.pid)) ?? 'gone already'
  await dead.ended()
  const contents = [
    JSON.stringify({ pid: dead.pid, identity: deadIdentity }),
    // The pid is that of a live process, but another process wrote the lock.
    JSON.stringify({ pid: process.pid, identity: `${await processIdentity(process.pid)}0` }),
    '{"pid": 1',
    '',
  ]
  for (const content of contents) {
    const path = join(directory.path, 'lock')
    await writeFile(path, content)
    expect(await lockHolder(path)).toBeNull()
    const release = await takeLock(path)
    expect(await lockHolder(path)).toBe(process.pid)
    await release()
  }
  expect(await readdir(directory.path)).toEqual([])
})

test('of many that take a lock at once, one gets it', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'lock')
  const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path)))
  expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1)
  for (const attempt of attempts) if (attempt.status === 'fulfilled') await attempt.value()
  expect(await readdir(directory.path)).toEqual([])
})
