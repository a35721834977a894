import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findEmbeddedServer } from 'pgq-graphql/embedded'
import { serve } from '../support/gateway.ts'

export interface FlightsGateway extends AsyncDisposable {
  /** The address of the GraphQL endpoint. */
  url: string
  databaseUrl: string
}

/** Starts a gateway on a free port; with an embedded PostgreSQL unless a database is given. */
export async function startGateway(given: string | null): Promise<FlightsGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'flights-'))
  const remove = () => rm(directory, { recursive: true, force: true })
  // When started by root the server runs as another user, who must be able to read the directory.
  await chmod(directory, 0o755)
  const gateway = await serve(['--port', '0', '--data-dir', directory], given).catch(
    async (error: unknown) => {
      await remove()
      throw error
    },
  )
  const stop = async () => {
    await gateway[Symbol.asyncDispose]()
    await remove()
  }
  const databaseUrl = given ?? (await findEmbeddedServer(directory))
  if (databaseUrl === null) {
    await stop()
    throw new Error('The embedded PostgreSQL cannot be found')
  }
  return { url: gateway.url, databaseUrl, [Symbol.asyncDispose]: stop }
}
