import { randomBytes } from 'node:crypto'
import { chown, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { formatKeys, type KeyEntry, parseKeys } from '../auth/keys-file.ts'
import { LockedError, takeLock } from '../embedded/server-lock.ts'
import { CliError } from './connect.ts'

/** Longest wait for another command that changes the file (milliseconds). */
const LOCK_WAIT_MS = 5_000
const LOCK_RETRY_MS = 20

/** Reads the keys. @returns Null where there is no file. @throws ConfigError for a file that cannot be read. */
export async function readKeys(path: string): Promise<KeyEntry[] | null> {
  try {
    return parseKeys(path, await readFile(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/**
 * Changes the keys in a file: one change at a time, and whoever reads the file meanwhile finds all of it, as before or as
 * after.
 *
 * @param change Is given the keys, or null where there is no file. What it throws leaves the file as it is.
 */
export async function changeKeys(
  path: string,
  change: (keys: KeyEntry[] | null) => KeyEntry[],
): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const release = await takeLockInTurn(`${target}.lock`)
  try {
    await replaceFile(target, formatKeys(change(await readKeys(target))))
  } finally {
    await release()
  }
}

async function takeLockInTurn(path: string): Promise<() => Promise<void>> {
  const endsAtMs = performance.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      return await takeLock(path)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (!(error instanceof LockedError))
        throw code === undefined
          ? error
          : new CliError(`The keys cannot be written: ${message}`, { cause: error })
      if (performance.now() > endsAtMs) throw new CliError(`${message}; try again when it is done`)
      await delay(LOCK_RETRY_MS)
    }
  }
}

/** Replaces a file at once, for its owner alone, who stays the same. */
async function replaceFile(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${randomBytes(4).toString('hex')}`
  try {
    const file = await open(unfinished, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await keepOwner(path, unfinished)
    await rename(unfinished, path)
  } finally {
    await rm(unfinished, { force: true })
  }
}

/** A gateway that runs as somebody else must still be able to read the file. */
async function keepOwner(path: string, unfinished: string): Promise<void> {
  const [before, now] = await Promise.all([stat(path).catch(() => null), stat(unfinished)])
  if (before && (before.uid !== now.uid || before.gid !== now.gid))
    await chown(unfinished, before.uid, before.gid)
}
