import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { processIdentity, worksIn } from './process-identity.ts'

/** How PostgreSQL ends: `fast` rolls back and writes a checkpoint, `immediate` is a crash that recovery mends. */
export type StopMode = 'fast' | 'immediate'

export const stopSignals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** What `postmaster.pid` says; PostgreSQL leaves it behind when it is killed. */
export interface PostmasterFile {
  pid: number
  port: number
  isReady: boolean
}

/** Null where PostgreSQL was stopped in order, was never started, or is just now writing the file. */
export async function readPostmasterFile(dataDirectory: string): Promise<PostmasterFile | null> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    },
  )
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  return { pid, port: Number(lines[3]), isReady: lines[7]?.trim() === 'ready' }
}

/**
 * The server that runs on this data directory though nobody here started it, or null.
 *
 * @throws Error for a live process that may not be looked at: then it cannot be told whether it is that server.
 */
export async function findPostmaster(dataDirectory: string): Promise<number | null> {
  const file = await readPostmasterFile(dataDirectory)
  if (!file || (await processIdentity(file.pid)) === undefined) return null
  const isServer = await worksIn(file.pid, dataDirectory)
  if (isServer === undefined) {
    throw new Error(
      `${dataDirectory} may be in use by process ${file.pid} of another user; stop it or start as that user.`,
    )
  }
  return isServer ? file.pid : null
}

/** Every process that works in the data directory, so also what a killed server left. Empty where `/proc` is missing. */
export async function processesIn(dataDirectory: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  const work = await Promise.all(pids.map((pid) => worksIn(pid, dataDirectory)))
  return pids.filter((_pid, index) => work[index] === true)
}

/** Waits until the process is gone. @returns false when it still lives after `timeoutMs`. */
export async function waitForExit(
  pid: number,
  identity: string | undefined,
  timeoutMs: number,
): Promise<boolean> {
  const endsAt = Date.now() + timeoutMs
  while (identity !== undefined && (await processIdentity(pid)) === identity) {
    if (Date.now() > endsAt) return false
    await delay(20)
  }
  return true
}

/** Stops a server that is not a child of this process: `fast`, and harder where that takes longer than `timeoutMs`. */
export async function stopPostmaster(pid: number, timeoutMs = 30_000): Promise<void> {
  const identity = await processIdentity(pid)
  for (const signal of [stopSignals.fast, stopSignals.immediate, 'SIGKILL'] as const) {
    if (identity === undefined || (await processIdentity(pid)) !== identity) return
    process.kill(pid, signal)
    if (await waitForExit(pid, identity, timeoutMs)) return
  }
  throw new Error(`PostgreSQL, process ${pid}, does not end.`)
}
