import { readdir, readFile } from 'node:fs/promises'

/** Clock ticks per second of `/proc`; 100 on every Linux that Node runs on. */
const HERTZ = 100

/** CPU time of a process, and of the children that it has waited for. Milliseconds. */
async function ownCpuMs(pid: number): Promise<{ ms: number; parent: number }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [, parent = 0] = fields
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15)
  return { ms: ((user + system + childrenUser + childrenSystem) * 1_000) / HERTZ, parent }
}

/** CPU time that a process and its children have taken so far, such as a PostgreSQL server. Milliseconds. */
export async function cpuMs(pid: number): Promise<number> {
  let total = (await ownCpuMs(pid)).ms
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const other = await ownCpuMs(Number(name)).catch(() => undefined)
    if (other?.parent === pid) total += other.ms
  }
  return total
}
