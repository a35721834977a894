import { readdir, readFile } from 'node:fs/promises'

/** Returns the CPU time of a process so far, in milliseconds, from the scheduler, which counts nanoseconds. */
async function ownCpuMs(pid: string): Promise<number> {
  let total = 0
  for (const task of await readdir(`/proc/${pid}/task`)) {
    const [nanoseconds = ''] = (await readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8')).split(' ')
    total += Number(nanoseconds) / 1e6
  }
  return total
}

/** Returns the fields of `/proc/<pid>/stat`, from the state on; see proc(5). */
async function statOf(pid: string): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Returns the CPU time of children that have ended, in milliseconds, counted in ticks of 10. */
async function endedChildrenMs(pid: string): Promise<number> {
  const stat = await statOf(pid)
  return 10 * (Number(stat[13]) + Number(stat[14]))
}

/** Returns the CPU time of a process and its children so far, such as of a PostgreSQL server. Milliseconds. */
export async function cpuMs(pid: number): Promise<number> {
  let total = (await ownCpuMs(String(pid))) + (await endedChildrenMs(String(pid)))
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // Any of these processes may end meanwhile.
    const stat = await statOf(name).catch(() => [])
    if (Number(stat[1]) === pid) total += await ownCpuMs(name).catch(() => 0)
  }
  return total
}
