import { execFile } from 'node:child_process'
import { chown, stat } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** User of the operating system that PostgreSQL runs as, where that is not the user of this process. */
export interface ServerUser {
  uid: number
  gid: number
}

/**
 * Chooses the user that runs PostgreSQL, which refuses to run as root. Root gets the owner of an existing data
 * directory, or the user `postgres`, created when missing; all others run it themselves, which is undefined.
 */
export async function serverUser(dataDirectory: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(dataDirectory).catch(() => undefined)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  return (await lookUp('postgres')) ?? (await create('postgres'))
}

/** Gives a path to the user; does nothing where PostgreSQL runs as the user of this process. */
export async function giveTo(user: ServerUser | undefined, path: string): Promise<void> {
  if (user) await chown(path, user.uid, user.gid)
}

async function lookUp(name: string): Promise<ServerUser | undefined> {
  try {
    const uid = await run('id', ['-u', name])
    const gid = await run('id', ['-g', name])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return undefined
  }
}

async function create(name: string): Promise<ServerUser> {
  const attempts = [
    ['useradd', '--system', '--user-group', '--no-create-home', '--shell', '/bin/false', name],
    // BusyBox
    ['adduser', '-S', '-D', '-H', '-s', '/bin/false', name],
  ]
  const failures: string[] = []
  for (const [command = '', ...args] of attempts) {
    await run(command, args).catch((error: Error) => failures.push(error.message.trim()))
    const user = await lookUp(name)
    if (user) return user
  }
  throw new Error(
    `PostgreSQL does not run as root, and the user ${name} is missing and cannot be created ` +
      `(${failures.join('; ')}). Create it, or start as another user.`,
  )
}
