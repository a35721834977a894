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

/** Of `/proc/<pid>/stat`, from the state on; see proc(5). */
async function statOf(pid: string): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** What children took that have ended, by ticks of 10 ms. */
async function endedChildrenMs(pid: string): Promise<number> {
  const stat = await statOf(pid)
  return 10 * (Number(stat[13]) + Number(stat[14]))
}

/** CPU time that a process and its children have taken so far, such as a PostgreSQL server. Milliseconds. */
export async function cpuMs(pid: number): Promise<number> {
  let total = (await ownCpuMs(String(pid))) + (await endedChildrenMs(String(pid)))
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // Any of them may end meanwhile.
    const stat = await statOf(name).catch(() => [])
    if (Number(stat[1]) === pid) total += await ownCpuMs(name).catch(() => 0)
  }
  return total
}
