import { pino } from 'pino'
import { leaderLockClass } from '../../src/postgres/advisory-locks.ts'
import { Database } from '../../src/postgres/connections.ts'
import { Ticker, type TickerStatus } from '../../src/ticker/ticker.ts'
import { until } from '../support/deadline.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

/** The class of the leader's lock, as its session sends it, and another one. */
const otherLock: [string, string] = [String(leaderLockClass), String(leaderLockClass - 1)]

export interface ForcedLeader extends AsyncDisposable {
  readonly status: TickerStatus
}

/** A ticker that leads though another one does: on its way to the database its lock becomes another lock. */
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
