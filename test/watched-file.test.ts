import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { WatchedFile } from '../src/watched-file.ts'
import { until } from './support/deadline.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

test('a file is read again when it is written, replaced, or comes back', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'file')
  await writeFile(path, 'one')
  const seen: string[] = []
  const failures: unknown[] = []
  const file = new WatchedFile(path, {
    parse: String,
    onChange: (text) => seen.push(text),
    onFailure: (error) => failures.push(error),
  })
  try {
    expect(file.value).toBe('one')
    await writeFile(path, 'two')
    await until(() => seen.at(-1) === 'two', 'the content that was written')
    await writeFile(`${path}.new`, 'six')
    await rename(`${path}.new`, path)
    await until(() => seen.at(-1) === 'six', 'the file that took its place')
    await rm(path)
    await until(() => failures.length > 0, 'the failure to read it')
    await writeFile(path, 'back')
    await until(() => seen.at(-1) === 'back', 'the file that came back')
    await rm(path)
    const before = failures.length
    await until(() => failures.length > before, 'the second failure to read it')
    await writeFile(path, 'back')
    await until(() => seen.length === 4, 'the same content, which came back')
    expect(seen).toEqual(['two', 'six', 'back', 'back'])
  } finally {
    file.close()
  }
})

test('what is wrong is told once: why a file cannot be read, and each content that cannot be used', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'file')
  await writeFile(path, '1')
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const failures: string[] = []
  const file = new WatchedFile(path, {
    parse: (content) => JSON.parse(String(content)) as unknown,
    onFailure: (error) => failures.push(String(error)),
  })
  const failuresAfter = (seconds: number) => {
    failures.length = 0
    vi.advanceTimersByTime(seconds * 1_000)
    return failures
  }
  try {
    await rm(path)
    expect(failuresAfter(5)).toEqual([expect.stringContaining('ENOENT')])
    await mkdir(path)
    expect(failuresAfter(5)).toEqual([expect.stringContaining('EISDIR')])
    await rmdir(path)
    await writeFile(path, '{')
    expect(failuresAfter(5)).toEqual([expect.stringContaining('SyntaxError')])
    await rm(path)
    expect(failuresAfter(5)).toEqual([expect.stringContaining('ENOENT')])
    expect(file.value).toBe(1)
  } finally {
    file.close()
    vi.useRealTimers()
  }
})
