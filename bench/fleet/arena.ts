import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { installEngine } from '../../src/install/install.ts'
import { startCluster, type TestCluster } from '../../test/support/cluster.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { type BenchServer, launchServer, startServer } from '../support/server.ts'
import { sizes } from './sizes.ts'

/** Queues of each database; a mover of the same name brings its events into that queue of the target. */
export const queues = ['orders', 'payments', 'mails', 'searches', 'clicks'] as const
/** A queue that no mover knows. */
export const otherQueue = 'other'

/** Databases on one server, made from a template. */
export interface Arena extends AsyncDisposable {
  readonly cluster: TestCluster
  /** The target. */
  readonly mainUrl: string
  readonly shardUrls: readonly string[]
  /** Starts a gateway that serves all of them, with a mover for each queue, and waits until all are ready. */
  startGateway(settings?: { ticks?: boolean }): Promise<BenchServer>
  /** Starts it, and does not wait. */
  launchGateway(): Promise<BenchServer>
}

const shardNumbers = Array.from({ length: sizes.databases }, (_, index) => String(index + 1).padStart(3, '0'))

export async function setUpArena(): Promise<Arena> {
  const cluster = await startCluster(18, {
    max_connections: String(8 * sizes.databases + 200),
    shared_buffers: '256MB',
    max_wal_size: '8GB',
    log_line_prefix: '%a|',
  })
  const directory = await temporaryDirectory()
  const urlOf = (database: string) => new URL(`/${database}`, cluster.url).href
  const range = `shard_{001..${shardNumbers.at(-1)}}`
  const writeConfig = async (ticks: boolean) => {
    const file = join(directory.path, `gateway-${ticks}.json`)
    const config = {
      databases: { [range]: { url: `${urlOf('shard').replace(/shard$/, range)}`, required: true } },
      movers: Object.fromEntries(
        queues.map((queue) => [
          queue,
          { from: { databases: 'shard_*', queue }, to: { database: 'main', queue } },
        ]),
      ),
      ticker: { enabled: ticks },
      connections: { maxPerRole: sizes.connectionsPerRole },
    }
    await writeFile(file, JSON.stringify(config))
    return file
  }
  await withClient(cluster.url, (client) => client.query('create database main'))
  await withClient(urlOf('main'), async (client) => {
    await installEngine(client, { engine: 'sql' })
    await client.query(
      `select pgq.create_queue(q), pgq.set_queue_config(q, 'ticker_max_lag', '0.05') from unnest($1::text[]) q`,
      [[...queues, otherQueue]],
    )
  })
  await withClient(cluster.url, async (client) => {
    await client.query('create database prepared template main strategy file_copy')
    await withClient(urlOf('prepared'), (prepared) =>
      prepared.query('select pgq.register_consumer(q, q) from unnest($1::text[]) q', [queues]),
    )
    for (const number of shardNumbers)
      await client.query(`create database shard_${number} template prepared strategy file_copy`)
  })
  const mainUrl = urlOf('main')
  return {
    cluster,
    mainUrl,
    shardUrls: shardNumbers.map((number) => urlOf(`shard_${number}`)),
    startGateway: async ({ ticks = true } = {}) =>
      startServer(mainUrl, [], ['--config', await writeConfig(ticks)]),
    launchGateway: async () => launchServer(mainUrl, [], ['--config', await writeConfig(true)]),
    async [Symbol.asyncDispose]() {
      await directory[Symbol.asyncDispose]()
      await cluster[Symbol.asyncDispose]()
    },
  }
}

/** Works with a connection of its own. */
export async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url, application_name: 'bench' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
