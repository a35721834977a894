import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** The data directory that a user names, and what lies in it. */
export interface DataHome {
  path: string
  /** PostgreSQL's data directory; appears when it is complete. */
  cluster: string
  /** The same while it is being made, a name of each attempt's own: a killed one may still be writing. */
  unfinishedCluster: string
  state: string
  lock: string
  log: string
  links: string
}

const unfinished = 'postgres.new-'

export function dataHome(path: string): DataHome {
  const at = (name: string) => join(resolve(path), name)
  return {
    path: resolve(path),
    cluster: at('postgres'),
    unfinishedCluster: at(`${unfinished}${process.pid}-${randomBytes(4).toString('hex')}`),
    state: at('server.json'),
    lock: at('server.lock'),
    log: at('postgres.log'),
    links: at('lib'),
  }
}

/** Makes the directory. @throws Error where it holds something else or may not be used. */
export async function makeHome(home: DataHome): Promise<void> {
  try {
    await mkdir(home.path, { recursive: true, mode: 0o711 })
    const names = await readdir(home.path)
    if (names.length === 0) {
      // Keeps the data of a try-out in a checkout away from git.
      await writeFile(join(home.path, '.gitignore'), '*\n')
    } else if (!names.includes('.gitignore') && !names.some((name) => name.startsWith('server.'))) {
      throw new Error(`${home.path} holds other files. Give --data-dir a new or empty directory.`)
    }
  } catch (error) {
    throw explainDenied(error, home)
  }
}

/** Removes what attempts that were cut short have left. */
export async function removeUnfinished(home: DataHome): Promise<void> {
  const names = (await readdir(home.path)).filter((name) => name.startsWith(unfinished))
  for (const name of names) await rm(join(home.path, name), { recursive: true, force: true, maxRetries: 5 })
}

/** The major version of PostgreSQL that made the data, or null where there is none yet. */
export async function madeBy(home: DataHome): Promise<string | null> {
  try {
    return (await readFile(join(home.cluster, 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw explainDenied(error, home)
  }
}

export function explainDenied(error: unknown, home: DataHome): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM') {
    return new Error(
      `The data directory ${home.path} belongs to another user. Start as the user that made it, ` +
        'or give --data-dir another directory.',
      { cause: error },
    )
  }
  if (code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST') {
    return new Error(
      `The data directory ${home.path} cannot be made (${code}). Give --data-dir another one.`,
      {
        cause: error,
      },
    )
  }
  return error
}
