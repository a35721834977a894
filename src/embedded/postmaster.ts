import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { processIdentity, worksIn } from './process-identity.ts'

/** `fast` rolls back open transactions and writes a checkpoint; `immediate` is a crash, followed by recovery. */
export type StopMode = 'fast' | 'immediate'

export const stopSignals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** Content of `postmaster.pid`, which PostgreSQL leaves behind when it is killed. */
export interface PostmasterFile {
  pid: number
  port: number
  isReady: boolean
}

/** Reads `postmaster.pid`. @returns null after an orderly stop, before the first start, or for a half-written file. */
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
 * Finds a server that runs on this data directory and is not our child. @returns its pid, or null.
 *
 * @throws Error for a live process that may be that server but belongs to another user, so that it cannot be checked.
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

/** Lists every process in the data directory, even those that a killed server left. Empty where `/proc` is missing. */
export async function processesIn(dataDirectory: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  const work = await Promise.all(pids.map((pid) => worksIn(pid, dataDirectory)))
  return pids.filter((_pid, index) => work[index] === true)
}

/** Waits until the process is gone. @returns false when it is still alive after `timeoutMs`. */
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

/** Stops a server that is not our child: `fast` at first, with harder signals after each `timeoutMs`. */
export async function stopPostmaster(pid: number, timeoutMs = 30_000): Promise<void> {
  const identity = await processIdentity(pid)
  for (const signal of [stopSignals.fast, stopSignals.immediate, 'SIGKILL'] as const) {
    if (identity === undefined || (await processIdentity(pid)) !== identity) return
    process.kill(pid, signal)
    if (await waitForExit(pid, identity, timeoutMs)) return
  }
  throw new Error(`PostgreSQL, process ${pid}, does not end.`)
}
