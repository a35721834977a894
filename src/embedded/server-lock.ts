import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { processIdentity } from './process-identity.ts'

/** Thrown when a live process holds the lock. */
export class LockedError extends Error {
  override readonly name = 'LockedError'
  readonly pid: number

  constructor(pid: number, path: string) {
    super(`${path} is held by process ${pid}`)
    this.pid = pid
  }
}

interface Holder {
  pid: number
  /** Result of `processIdentity`, so that a reused pid does not keep the lock. */
  identity: string
}

/**
 * Takes the lock file, even from a dead holder. Two processes that take it from the dead at the same moment may both
 * hold it for an instant; PostgreSQL's own lock never admits two servers.
 *
 * @returns a function that releases it.
 * @throws LockedError while a live process holds it.
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const content = JSON.stringify({ pid: process.pid, identity: await processIdentity(process.pid) })
  await writeFile(own, content, { mode: 0o644 })
  try {
    for (;;) {
      // A hard link appears complete and fails if the name exists, so no one reads half a lock.
      const isTaken = await link(own, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false
          throw error
        },
      )
      if (isTaken) break
      await removeIfDead(path)
    }
  } finally {
    await rm(own, { force: true })
  }
  return async () => {
    if ((await read(path)) === content) await rm(path, { force: true })
  }
}

/** Returns the pid of the live process that holds the lock, or null. */
export async function lockHolder(path: string): Promise<number | null> {
  return liveHolder(await read(path))
}

async function removeIfDead(path: string): Promise<void> {
  const content = await read(path)
  if (content === null) return
  const pid = await liveHolder(content)
  if (pid !== null) throw new LockedError(pid, path)
  const aside = `${path}.dead.${process.pid}.${randomBytes(4).toString('hex')}`
  await rename(path, aside).catch(ignoreMissing)
  // Another process may have replaced the dead lock with its own first.
  if ((await read(aside)) !== content) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
}

async function liveHolder(content: string | null): Promise<number | null> {
  if (content === null) return null
  try {
    const holder = JSON.parse(content) as Partial<Holder>
    if (typeof holder.pid !== 'number' || typeof holder.identity !== 'string') return null
    return (await processIdentity(holder.pid)) === holder.identity ? holder.pid : null
  } catch {
    // A file that is not JSON was cut short by a full disk or is not a lock; no live process holds it.
    return null
  }
}

async function read(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(ignoreMissing)
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
