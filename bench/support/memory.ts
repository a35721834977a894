import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/** Arguments of Node for a process of which `collectedMemory` is asked. */
export const memoryProbeArgs = [
  '--expose-gc',
  '--import',
  new URL('memory-probe.js', import.meta.url).href,
] as const

export interface Memory {
  /** What the operating system has given to the process. */
  residentBytes: number
  /** Of that, what is reachable from JavaScript, with its buffers. */
  inUseBytes: number
}

/**
 * Memory of a process after garbage collection, so that it is not the moment of the last one that is measured. The
 * process has `memoryProbeArgs` and an IPC channel.
 */
export async function collectedMemory(child: ChildProcess): Promise<Memory> {
  const answer = once(child, 'message')
  child.send('memory')
  const [memory] = (await answer) as [Memory]
  return memory
}

/** Resident memory of a process as it is at this moment, as Linux tells it. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}
