import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { ServerUser } from './server-user.ts'

const run = promisify(execFile)

/** Linux capabilities that let a process pass directories closed to its user, weakest first. */
const passingCapabilities = [
  { name: 'dac_read_search', bit: 2n },
  { name: 'dac_override', bit: 1n },
]

/**
 * Returns the command to put before PostgreSQL's programs so that they reach these directories as `user`. It is empty
 * where that user reaches them anyway, or where PostgreSQL runs as the user of this process.
 *
 * Root's home, for example, is closed to the user `postgres`. Instead of opening it to everybody, the server gets the
 * one capability to pass through, if the system can grant it.
 *
 * @throws Error that names the directory and the remedies.
 */
export async function launcherFor(
  user: ServerUser | undefined,
  directories: readonly string[],
): Promise<string[]> {
  if (!user) return []
  const unreachable = await firstUnreachable(user, directories)
  if (unreachable === undefined) return []
  const held = await heldCapabilities()
  for (const { name, bit } of passingCapabilities) {
    if ((held & (1n << bit)) === 0n) continue
    const launcher = [
      ...['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'],
      ...['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,+${name}`),
      // initdb looks for `postgres` by access(2), which ignores the capability without this.
      '--securebits=+no_setuid_fixup',
    ]
    const works = await run(launcher[0] ?? '', [...launcher.slice(1), 'ls', unreachable], { cwd: '/' }).then(
      () => true,
      () => false,
    )
    if (works) return launcher
  }
  throw new Error(
    `PostgreSQL does not run as root, and the user that it runs as (uid ${user.uid}) cannot enter ${unreachable}. ` +
      'Give --data-dir a directory that everybody may enter (chmod o+x on its parents), install this package in one ' +
      'too, or start as another user.',
  )
}

async function firstUnreachable(
  user: ServerUser,
  directories: readonly string[],
): Promise<string | undefined> {
  for (const directory of directories) {
    try {
      await run('/bin/sh', ['-c', 'cd -- "$0"', directory], { uid: user.uid, gid: user.gid, cwd: '/' })
    } catch {
      return directory
    }
  }
  return undefined
}

/** Returns the capabilities that this process may pass on, as a bit set; 0 where the system has none. */
async function heldCapabilities(): Promise<bigint> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const set = (name: string) =>
    BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0'}`)
  return set('CapPrm') & set('CapBnd')
}
