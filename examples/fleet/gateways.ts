import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Gateway, serve } from '../support/gateway.ts'

/** Two gateways that serve the same databases, side by side. */
export interface Gateways extends AsyncDisposable {
  readonly urls: readonly string[]
  /** Kills one of them, and starts it anew at the same address; resolves when it is ready again. */
  replace(index: number): Promise<void>
}

export async function startGateways(configuration: object): Promise<Gateways> {
  const directory = await mkdtemp(join(tmpdir(), 'fleet-gateways-'))
  const file = join(directory, 'gateway.json')
  // The file has the passwords of the databases.
  await writeFile(file, JSON.stringify(configuration), { mode: 0o600 })
  const start = (port: string) => serve(['--config', file, '--port', port], null)
  const gateways: Gateway[] = []
  const stop = async () => {
    await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()))
    await rm(directory, { recursive: true })
  }
  try {
    for (let count = 0; count < 2; count++) gateways.push(await start('0'))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    urls: gateways.map(({ url }) => url),
    async replace(index) {
      const gateway = gateways[index]
      if (!gateway) throw new RangeError(`There is no gateway ${index}`)
      await gateway.kill()
      gateways[index] = await start(new URL(gateway.url).port)
    },
    [Symbol.asyncDispose]: stop,
  }
}
