import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/** Node's arguments for a process that `collectedMemory` is to measure. */
export const memoryProbeArgs = [
  '--expose-gc',
  '--import',
  new URL('memory-probe.js', import.meta.url).href,
] as const

export interface Memory {
  /** Memory that the operating system has given to the process. */
  residentBytes: number
  /** Part of it that is reachable from JavaScript, with its buffers. */
  inUseBytes: number
}

/**
 * Returns the memory of a process after garbage collection, so that the moment of the last one does not matter. The
 * process needs `memoryProbeArgs` and an IPC channel.
 */
export async function collectedMemory(child: ChildProcess): Promise<Memory> {
  const answer = once(child, 'message')
  child.send('memory')
  const [memory] = (await answer) as [Memory]
  return memory
}

/** Returns the present resident memory of a process on Linux. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}
