import { pino } from 'pino'
import { Database } from '../../src/postgres/connections.ts'
import { Ticker, type TickerStatus } from '../../src/ticker/ticker.ts'
import { until } from '../support/deadline.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

/** Class of the leader's lock, as its session sends it, and another class. */
const otherLock: [string, string] = ['1885827436', '1885827435']

export interface ForcedLeader extends AsyncDisposable {
  readonly status: TickerStatus
}

/** Starts a ticker that leads beside another: a proxy replaces its lock by a different one. */
export async function startForcedLeader(databaseUrl: string): Promise<ForcedLeader> {
  const proxy = await startTcpProxy(databaseUrl)
  proxy.rewrite(otherLock)
  const logger = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' })
  const database = new Database({ name: 'main', connectionString: proxy.url, logger })
  void database.open()
  const ticker = new Ticker({ database })
  ticker.start()
  await until(() => ticker.status.state === 'leading', 'a leader by force', { timeoutMs: 20_000 })
  return {
    get status() {
      return ticker.status
    },
    async [Symbol.asyncDispose]() {
      await ticker.stop()
      await database.close()
      await proxy[Symbol.asyncDispose]()
    },
  }
}
