import { startCluster, type TestCluster } from '../../support/cluster.ts'
import { until } from '../../support/deadline.ts'
import { type Gateway, startGateway } from '../../support/gateway.ts'
import type { Random } from '../../support/random.ts'
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import { startTraffic, type Traffic, type WorkerPlan } from '../traffic.ts'

/** A gateway with the proxies before and behind it, each of which can break. */
export interface Station {
  readonly gateway: Gateway
  readonly toDatabase: TcpProxy
  readonly toClients: TcpProxy
}

/** A PostgreSQL with three gateways on it, and traffic through all of them. */
export interface System extends AsyncDisposable {
  readonly cluster: TestCluster
  readonly stations: readonly Station[]
  readonly traffic: Traffic
  /** Waits until every gateway serves. */
  recovered(): Promise<void>
}

const STATIONS = 3

const workers: readonly WorkerPlan[] = [
  { name: 'plain', consumer: 'plain', transport: 'SSE' },
  ...(['SSE', 'WebSocket', 'SSE'] as const).map((transport, index) => ({
    name: `standby ${index + 1}`,
    consumer: 'shared',
    standby: true,
    transport,
  })),
  ...(['WebSocket', 'SSE', 'WebSocket', 'SSE'] as const).map((transport, index) => ({
    name: `member ${index + 1}`,
    consumer: 'group',
    subconsumer: `m${index + 1}`,
    transport,
  })),
]

export async function startSystem(random: Random): Promise<System> {
  const opened: AsyncDisposable[] = []
  const dispose = async () => {
    for (const each of opened.reverse()) await each[Symbol.asyncDispose]()
  }
  const keep = <T extends AsyncDisposable>(resource: T): T => {
    opened.push(resource)
    return resource
  }
  try {
    const cluster = keep(await startCluster(18, { synchronous_commit: 'on' }))
    const stations: Station[] = []
    for (let n = 0; n < STATIONS; n++) {
      const toDatabase = keep(await startTcpProxy(cluster.url))
      const gateway = keep(await startGateway(toDatabase.url))
      const toClients = keep(await startTcpProxy(gateway.url ?? ''))
      stations.push({ gateway, toDatabase, toClients })
    }
    const urls = () => stations.flatMap(({ gateway, toClients }) => (gateway.url ? [toClients.url] : []))
    const traffic = keep(
      await startTraffic({ urls, databaseUrl: cluster.url, random, slowMs: 2_000, workers }),
    )
    return {
      cluster,
      stations,
      traffic,
      async recovered() {
        for (const { gateway } of stations) {
          await until(() => isReady(gateway), 'every gateway to be ready', { timeoutMs: 60_000 })
        }
      },
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** Asks the gateway directly, not through the proxy. A dead one is not ready. */
async function isReady({ url }: Gateway): Promise<boolean> {
  if (url === undefined) return false
  const signal = AbortSignal.timeout(2_000)
  return (await fetch(new URL('/health/ready', url), { signal }).catch(() => undefined))?.status === 200
}
