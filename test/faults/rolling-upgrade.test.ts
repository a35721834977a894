import { expect, test } from 'vitest'
import { readInstalledRevision } from '../../src/install/revision.ts'
import { startBalancer } from '../support/balancer.ts'
import { availableEngines, createTestDatabase } from '../support/database.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'
import { makeNextBuild } from './next-build.ts'
import { startSdkTraffic } from './sdk-traffic.ts'
import { startTraffic } from './traffic.ts'

/** Gateways of several builds on one database, behind a balancer for streams and one for mutations. */
async function startFleet(databaseUrl: string) {
  const gateways: Gateway[] = []
  const urls = () => gateways.flatMap(({ url }) => url ?? [])
  const [streams, mutations] = [await startBalancer(urls), await startBalancer(urls)]
  /** Errors in the logs of gateways that have left. */
  const errors: string[] = []
  return {
    urls,
    streams,
    mutations,
    errors,
    async join(build?: string): Promise<Gateway> {
      const gateway = await startGateway(databaseUrl, { build })
      gateways.push(gateway)
      return gateway
    },
    /** Takes a gateway from the balancers, and stops it when its mutations have their answers. */
    async leave(gateway: Gateway): Promise<void> {
      const { url = '' } = gateway
      gateways.splice(gateways.indexOf(gateway), 1)
      await mutations.drained(url)
      const lines = gateway.output().split('\n')
      await gateway.stop()
      errors.push(...lines.filter((line) => line.startsWith('{"level":50')))
    },
    async [Symbol.asyncDispose]() {
      for (const gateway of gateways) await gateway[Symbol.asyncDispose]()
      for (const balancer of [streams, mutations]) await balancer[Symbol.asyncDispose]()
    },
  }
}

// Members of cooperative consumers are among those that use the SDK.
const workers = [
  { name: 'plain', consumer: 'plain', transport: 'SSE' },
  { name: 'holder', consumer: 'shared', standby: true, transport: 'WebSocket' },
  { name: 'standby', consumer: 'shared', standby: true, transport: 'SSE' },
] as const

test.each(availableEngines.filter((engine) => engine !== 'sql-15'))(
  'an upgrade of one gateway after the other on %s, and back, loses nothing, and no client sees an error',
  { timeout: 360_000 },
  async (engine) => {
    await using next = await makeNextBuild()
    await using fixture = await createTestDatabase(engine)
    await using fleet = await startFleet(fixture.url)
    const old = [await fleet.join(), await fleet.join()]
    await using raw = await startTraffic({ urls: fleet.urls, databaseUrl: fixture.url, workers })
    await using sdk = await startSdkTraffic({
      consumeUrl: fleet.streams.url,
      publishUrl: fleet.mutations.url,
    })
    const flows = () => Promise.all([raw.flows(60_000), sdk.flows()])
    const replace = async (gateways: readonly Gateway[], build?: string) => {
      const newcomers: Gateway[] = []
      for (const gateway of gateways) {
        newcomers.push(await fleet.join(build))
        await flows()
        // The standby takes over from the stream that ends.
        const isOver = raw.ledger.fault('stop')
        await fleet.leave(gateway)
        isOver()
        await flows()
      }
      return newcomers
    }
    await flows()
    const newer = await replace(old, next.path)
    const back = await replace(newer)

    expect(await sdk.finish()).toEqual([])
    await raw.finish(60_000)
    for (const gateway of back) await fleet.leave(gateway)
    expect(fleet.errors).toEqual([])
    const client = await fixture.connect()
    expect(await readInstalledRevision(client)).toMatchObject({ number: next.revision, version: '99.0.0' })
    await client.end()
  },
)
