import { expect, test } from 'vitest'
import { createGateway } from '../../src/gateway/gateway.ts'
import { ordersMover, registered, setUpFleet, startMoving } from '../mover/fleet.ts'
import { testLogger } from '../support/logger.ts'
import { createRandom } from '../support/random.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { startMoverLedger } from './mover-ledger.ts'

/** Number of gateways that are killed; `MOVER_KILLS=200` for the full run. */
const KILLS = Number(process.env.MOVER_KILLS ?? 20)
/** Time within which what a dead gateway had goes to another one (milliseconds). */
const TAKEOVER_MS = 2_000

test('gateways that are killed lose no event of the sources that they share, and move none twice', {
  timeout: 60_000 + KILLS * 15_000,
}, async () => {
  const random = createRandom('MOVER_SEED')
  console.log(`MOVER_SEED=${random.seed}`)
  await using fleet = await setUpFleet(8)
  await using directory = await temporaryDirectory()
  const names = Object.keys(fleet.urls).filter((name) => name !== 'main')
  const start = () => startMoving(fleet, directory.path)
  const gateways = await Promise.all([start(), start(), start()])
  const alive = new Set(gateways)
  const starting = new Set<Promise<void>>()
  try {
    for (const shard of names) await registered(fleet, shard)
    const ledger = startMoverLedger(fleet, names, random)
    for (let kills = 0; kills < KILLS; kills++) {
      await ledger.flows(1 + random.below(300))
      const gateway = random.pick([...alive])
      alive.delete(gateway)
      await gateway.kill()
      const started: Promise<void> = gateway.start().then(() => {
        alive.add(gateway)
        starting.delete(started)
      })
      starting.add(started)
      if (alive.size === 0) await Promise.race(starting)
    }
    await Promise.all(starting)
    const total = await ledger.finish()
    expect(total).toBeGreaterThan(100)
    const { rows } = await fleet
      .client('main')
      .query('select source, stopped_because as reason from pgq_gateway.mover_source order by source')
    expect(rows).toEqual(names.map((shard) => ({ source: `${shard}/orders`, reason: null })))
  } finally {
    for (const gateway of gateways) await gateway.kill()
  }
})

test('sources of a gateway that is killed go to the other one', { timeout: 120_000 }, async () => {
  await using fleet = await setUpFleet(1)
  await using directory = await temporaryDirectory()
  await using other = await startMoving(fleet, directory.path)
  await registered(fleet)
  await fleet.publish('shard_1', ['one'])
  await fleet.arrived(1)
  await fleet.start([{}])
  await other.kill()
  const killedAt = performance.now()
  await fleet.publish('shard_1', ['two'])
  await fleet.arrived(2)
  const takeoverMs = performance.now() - killedAt
  console.log(`moved again ${takeoverMs.toFixed()} ms after the kill`)
  expect(takeoverMs).toBeLessThan(TAKEOVER_MS)
})

test('connections of either side that break, or are cut without a word, cost no event', {
  timeout: 180_000,
}, async () => {
  const random = createRandom('MOVER_SEED')
  await using fleet = await setUpFleet(3)
  const proxies = new Map(
    await Promise.all(
      Object.entries(fleet.urls).map(async ([name, url]) => [name, await startTcpProxy(url)] as const),
    ),
  )
  const gateway = createGateway({
    databases: [...proxies].map(([name, { url }]) => ({
      name,
      connectionString: url,
      statementTimeoutMs: 1_000,
    })),
    movers: [ordersMover],
    logger: testLogger(),
  })
  try {
    gateway.start()
    const shards = [...proxies.keys()].filter((name) => name !== 'main')
    for (const shard of shards) await registered(fleet, shard)
    const ledger = startMoverLedger(fleet, shards, random)
    for (let fault = 0; fault < 12; fault++) {
      await ledger.flows(1 + random.below(100))
      const proxy = proxies.get(fault % 2 === 0 ? 'main' : random.pick(shards))
      if (fault % 4 === 0) {
        // The target commits, and the answer is lost.
        const hold = proxy?.hold('move-events')
        await hold?.reached()
        const committed = ledger.flows()
        await fleet.client('main').query('select 1')
        hold?.keepAnswers()
        await committed
        proxy?.reset()
        hold?.release()
      } else if (random.next() < 0.5) proxy?.reset()
      else proxy?.cutUnnoticed()
    }
    expect(await ledger.finish()).toBeGreaterThan(50)
  } finally {
    await gateway.close()
    for (const proxy of proxies.values()) await proxy[Symbol.asyncDispose]()
  }
})
