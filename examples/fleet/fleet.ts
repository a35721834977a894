import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { environmentWith, program } from '../support/gateway.ts'
import { query } from './server.ts'

/** Queues of each shard. The target has queues of the same names. */
export const QUEUES = ['orders', 'payments', 'mails', 'searches', 'clicks']

/** The databases of the example: some in which events are published, and one that they are moved into. */
export interface Fleet extends AsyncDisposable {
  readonly mainUrl: string
  /** Addresses of the shards by the names that the gateways have for them. */
  readonly shards: ReadonlyMap<string, string>
  /** What the gateways are told of them. */
  readonly configuration: object
}

/** Makes the databases, each with the queues; they are dropped at the end. */
export async function makeFleet(serverUrl: string, size: number): Promise<Fleet> {
  const prefix = `fleet_${Date.now()}`
  const urlOf = (name: string) => {
    const url = new URL(serverUrl)
    url.pathname = `/${prefix}_${name}`
    return url.href
  }
  const made: string[] = []
  const make = async (name: string, template = 'template1') => {
    await query(serverUrl, `create database ${prefix}_${name} template ${template}`)
    made.push(name)
    return urlOf(name)
  }
  const drop = async () => {
    for (const name of made) await query(serverUrl, `drop database ${prefix}_${name} with (force)`)
  }
  try {
    const templateUrl = await make('template')
    await promisify(execFile)(process.execPath, [program, 'install'], { env: environmentWith(templateUrl) })
    await query(
      templateUrl,
      `select pgq.create_queue(q), pgq.set_queue_config(q, 'ticker_max_lag', '0.1') from unnest($1::text[]) q`,
      [QUEUES],
    )
    const template = `${prefix}_template`
    const mainUrl = await make('main', template)
    // The movers' consumers are there from the start, so that they miss nothing.
    await query(templateUrl, 'select pgq.register_consumer(q, q) from unnest($1::text[]) q', [QUEUES])
    const shards = new Map<string, string>()
    for (let number = 1; number <= size; number++) {
      const name = `shard_${String(number).padStart(3, '0')}`
      shards.set(name, await make(name, template))
    }
    const range = `shard_{001..${String(size).padStart(3, '0')}}`
    const configuration = {
      databases: {
        main: { url: mainUrl },
        [range]: { url: urlOf('shard').replace('shard', range), required: true },
      },
      movers: Object.fromEntries(
        QUEUES.map((queue) => [
          queue,
          { from: { databases: 'shard_*', queue }, to: { database: 'main', queue }, origin: 'extra1' },
        ]),
      ),
      connections: { maxPerRole: 2 },
    }
    return { mainUrl, shards, configuration, [Symbol.asyncDispose]: drop }
  } catch (error) {
    await drop()
    throw error
  }
}

/** Connections that two gateways and the producers may have at once. */
export function connectionsOf(size: number): number {
  return 2 * (size + 1) * 8 + size + 20
}
