import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processIdentity } from '../../src/embedded/process-identity.ts'

const prefix = 'pgq-test-'

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string
}

/** Makes a directory that every user may enter. Disposal kills the processes in it and removes it. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const root = await mkdtemp(join(tmpdir(), prefix))
  await chmod(root, 0o755)
  const owner: Owner = { pid: process.pid, identity: await processIdentity(process.pid) }
  await writeFile(join(root, 'owner.json'), JSON.stringify(owner))
  // The name is short, because a Unix socket's path has room for some 100 characters.
  const path = join(root, 'd')
  await mkdir(path)
  await chmod(path, 0o755)
  return { path, [Symbol.asyncDispose]: () => remove(root) }
}

/** Removes the directories of killed test runs, and ends their servers. Those of live runs stay. */
export async function removeLeftovers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix))
  for (const name of names) {
    const root = join(tmpdir(), name)
    const owner = await readFile(join(root, 'owner.json'), 'utf8').catch(() => undefined)
    const isLeft = owner === undefined ? await isOld(root) : !(await isAlive(owner))
    if (isLeft) await remove(root)
  }
}

/** Tells whether a directory is old. One without an owner may be about to get one, or another run may remove it. */
async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && Date.now() - found.mtimeMs > 60_000
}

interface Owner {
  pid: number
  identity: string | undefined
}

async function isAlive(owner: string): Promise<boolean> {
  try {
    const { pid, identity } = JSON.parse(owner) as Owner
    return identity !== undefined && (await processIdentity(pid)) === identity
  } catch {
    return false
  }
}

async function remove(root: string): Promise<void> {
  for (const pid of await processesBelow(root)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  await rm(root, { recursive: true, force: true, maxRetries: 10 })
}

async function processesBelow(root: string): Promise<number[]> {
  const path = await realpath(root).catch(() => root)
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const work = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')))
  return pids.filter((_pid, index) => work[index]?.startsWith(`${path}/`)).map(Number)
}
