import { leaderLockClass } from '../../src/postgres/advisory-locks.ts'
import type { TickerStatus } from '../../src/ticker/ticker.ts'
import { openConnections } from '../support/connections.ts'
import { until } from '../support/deadline.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { startTicker } from '../support/ticker.ts'

/** The class of the leader's lock, as its session sends it, and another one. */
const otherLock: [string, string] = [String(leaderLockClass), String(leaderLockClass - 1)]

export interface ForcedLeader extends AsyncDisposable {
  readonly status: TickerStatus
}

/** A ticker that leads though another one does: on its way to the database its lock becomes another lock. */
export async function startForcedLeader(databaseUrl: string): Promise<ForcedLeader> {
  const proxy = await startTcpProxy(databaseUrl)
  proxy.rewrite(otherLock)
  const database = openConnections(proxy.url)
  const ticker = startTicker(database)
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
