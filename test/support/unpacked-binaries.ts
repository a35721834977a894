import { cp, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { nativeDirectory } from '../../src/embedded/binaries.ts'

/** Copies the platform package's `native/` as npm unpacks it, before its install script has run. */
export async function unpackedBinaries(directory: string): Promise<string> {
  const native = join(directory, 'native')
  await cp(nativeDirectory(), native, { recursive: true, verbatimSymlinks: true })
  const libraries = join(native, 'lib')
  for (const name of await readdir(libraries)) {
    if ((await lstat(join(libraries, name))).isSymbolicLink()) await rm(join(libraries, name))
  }
  return native
}
