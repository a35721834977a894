import { readdir, readFile } from 'node:fs/promises'

/** CPU time that a process has taken so far, in milliseconds; by the scheduler, which counts nanoseconds. */
async function ownCpuMs(pid: string): Promise<number> {
  let total = 0
  for (const task of await readdir(`/proc/${pid}/task`)) {
    const [nanoseconds = ''] = (await readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8')).split(' ')
    total += Number(nanoseconds) / 1e6
  }
  return total
}

async function parentOf(pid: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
}

/**
 * CPU time that a process and its living children have taken so far, such as a PostgreSQL server. Milliseconds. What a
 * child took is gone when it ends.
 */
export async function cpuMs(pid: number): Promise<number> {
  let total = await ownCpuMs(String(pid))
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // Any of them may end meanwhile.
    const parent = await parentOf(name).catch(() => 0)
    if (parent === pid) total += await ownCpuMs(name).catch(() => 0)
  }
  return total
}
