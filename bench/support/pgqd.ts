import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { startChild } from '../../test/support/child.ts'
import { writePgqdConfig } from '../../test/support/pgqd.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'

/** Starts PgQ's own ticker daemon on one database, with its defaults. */
export async function startPgqd(
  databaseUrl: string,
): Promise<AsyncDisposable & { readonly process: ChildProcess }> {
  const directory = await temporaryDirectory()
  const pgqd = startChild('pgqd', [await writePgqdConfig(directory.path, databaseUrl)], { stdio: 'ignore' })
  await once(pgqd.process, 'spawn')
  return {
    process: pgqd.process,
    async [Symbol.asyncDispose]() {
      await pgqd[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}
