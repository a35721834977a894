import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { startChild } from '../../test/support/child.ts'
import { writePgqdConfig } from '../../test/support/pgqd.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'

/** Starts PgQ's own ticker daemon, with its defaults. @param databases Names of those to tick; default is that of the URL. */
export async function startPgqd(
  databaseUrl: string,
  databases: readonly string[] = [],
): Promise<AsyncDisposable & { readonly process: ChildProcess }> {
  const directory = await temporaryDirectory()
  const settings = databases.length > 0 ? { database_list: databases.join(',') } : {}
  const config = await writePgqdConfig(directory.path, databaseUrl, settings)
  const pgqd = startChild('pgqd', [config], { stdio: 'ignore' })
  await once(pgqd.process, 'spawn')
  return {
    process: pgqd.process,
    async [Symbol.asyncDispose]() {
      await pgqd[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}
