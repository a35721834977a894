import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** Paths in the data directory that a user names. */
export interface DataHome {
  path: string
  /** PostgreSQL's data directory; exists only when complete. */
  cluster: string
  /** The cluster while it is made. Each attempt has its own name, because a killed one may still be writing. */
  unfinishedCluster: string
  state: string
  /** The password, as libpq reads it. */
  passFile: string
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
    passFile: at('server.pgpass'),
    lock: at('server.lock'),
    log: at('postgres.log'),
    links: at('lib'),
  }
}

/** Makes the directory. @throws Error where it holds other files or access is denied. */
export async function makeHome(home: DataHome): Promise<void> {
  try {
    await mkdir(home.path, { recursive: true, mode: 0o711 })
    const names = await readdir(home.path)
    if (names.length === 0) {
      // Keeps git from adding the data when the directory lies in a checkout.
      await writeFile(join(home.path, '.gitignore'), '*\n')
    } else if (!names.includes('.gitignore') && !names.some((name) => name.startsWith('server.'))) {
      throw new Error(`${home.path} holds other files. Give --data-dir a new or empty directory.`)
    }
  } catch (error) {
    throw explainDenied(error, home)
  }
}

/** Removes the unfinished clusters of interrupted attempts. */
export async function removeUnfinished(home: DataHome): Promise<void> {
  const names = (await readdir(home.path)).filter((name) => name.startsWith(unfinished))
  for (const name of names) await rm(join(home.path, name), { recursive: true, force: true, maxRetries: 5 })
}

/** Returns the major version of PostgreSQL that made the data, or null where there is none yet. */
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
