import { describe, expect, test } from 'vitest'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { startMoverLedger } from '../faults/mover-ledger.ts'
import { until } from '../support/deadline.ts'
import { hasNatsServer, type NatsServer, startNatsServer } from '../support/nats-server.ts'
import { createRandom } from '../support/random.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { ordersMover, registered, setUpFleet, startMoving, untilState } from './fleet.ts'

/** Waits until so many messages are in a stream. */
async function stored(nats: NatsServer, stream: string, count: number) {
  let found = 0
  const isThere = async () => {
    found = await nats.count(stream)
    return found >= count
  }
  await until(isThere, `${count} messages`, { timeoutMs: 30_000, describe: () => `${found} are there` })
  return nats.messages(stream)
}

/** Waits until the source says what it fails with. */
async function untilReason(gateway: Gateway, pattern: RegExp): Promise<string> {
  return until(
    async () => {
      const { sources } = await gateway.movers.get('m').status()
      const reason = sources[0]?.reason ?? ''
      return pattern.test(reason) && reason
    },
    `a reason like ${pattern}`,
    { timeoutMs: 30_000 },
  )
}

describe.runIf(hasNatsServer)('a mover into JetStream', () => {
  test('publishes each event once, in order, under the subject that it names, with all that PgQ knows of it', async () => {
    await using nats = await startNatsServer()
    await using fleet = await setUpFleet()
    const gateway = await fleet.start([
      { to: { nats: nats.url, subject: 'pgq.{database}.{type}.{extra1}', create: true } },
    ])
    await registered(fleet)
    const client = fleet.client('shard_1')
    await client.query(
      `select pgq.insert_event('orders', 'order.paid', '{"id": 1}', 'Größe *', '_', '', null)`,
    )
    await client.query(`select pgq.insert_event('orders', null, null)`)
    await fleet.publish('shard_1', ['a', 'b', 'c'])
    const messages = await stored(nats, 'm', 5)
    expect(messages.map(({ subject }) => subject)).toEqual([
      'pgq.shard_1.order%2Epaid.Gr%C3%B6%C3%9Fe%20%2A',
      'pgq.shard_1._._',
      'pgq.shard_1.a._',
      'pgq.shard_1.b._',
      'pgq.shard_1.c._',
    ])
    const [first, second] = messages
    expect(first).toEqual({
      subject: 'pgq.shard_1.order%2Epaid.Gr%C3%B6%C3%9Fe%20%2A',
      data: '{"id": 1}',
      headers: {
        'Nats-Msg-Id': expect.stringMatching(/^\d+\/\d+\/\d+\/1\/m$/),
        'Pgq-Database': 'shard_1',
        'Pgq-Queue': 'orders',
        'Pgq-Event-Id': '1',
        'Pgq-Time': expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        'Pgq-Txid': expect.stringMatching(/^\d+$/),
        'Pgq-Type': 'order.paid',
        'Pgq-Extra1': 'Gr%C3%B6%C3%9Fe%20*',
        'Pgq-Extra2': '_',
        'Pgq-Extra3': '',
      },
    })
    expect(second?.headers).toMatchObject({ 'Pgq-Data-Is-Null': 'true' })
    expect(await untilState(gateway, 'waiting')).toBeNull()
    const { reason, sources } = await gateway.movers.get('m').status()
    expect({ reason, moved: sources[0]?.eventsMoved }).toEqual({ reason: null, moved: '5' })
  })

  test('says what JetStream lacks, and goes on by itself when it is there', async () => {
    await using nats = await startNatsServer()
    await using fleet = await setUpFleet()
    const to = { nats: nats.url, subject: 'orders.{type}' }
    const refused = { ...to, nats: nats.url.replace('canary', 'canary_wrong') }
    const gateway = await fleet.start([{ to: refused }])
    const { movers } = gateway
    await registered(fleet)
    await fleet.publish('shard_1', ['a'])
    const login = await untilState(gateway, 'retrying')
    expect(login).toBe(
      'The NATS server refuses the login; give a user and a password in to.nats that it knows, or to.credsFile',
    )
    await movers.replace([{ ...ordersMover, to: { ...to, nats: nats.readerUrl } }])
    expect(await untilReason(gateway, /may not/)).toBe(
      'The NATS user may not publish orders.a; give it the right, or another user to the mover',
    )

    await movers.replace([{ ...ordersMover, to }])
    const missing = await untilReason(gateway, /stream/)
    expect(missing).toBe(
      'No stream of JetStream takes the subject orders.a; make one that does, or set to.create to true',
    )
    expect((await movers.get('m').status()).reason).toBe(missing)
    await nats.addStream('all', 'orders.*')
    await stored(nats, 'all', 1)

    await nats.kill()
    await fleet.publish('shard_1', ['b'])
    const down = await untilReason(gateway, /NATS/)
    expect(down).toBe('The NATS server cannot be reached: connection refused')
    await nats.start()
    await stored(nats, 'all', 2)

    await movers.get('m').pause(true)
    await fleet.publish('shard_1', ['c'])
    await untilState(gateway, 'paused')
    await movers.get('m').pause(false)
    await stored(nats, 'all', 3)
    expect(await movers.get('m').reset('shard_1')).toEqual(['shard_1'])

    await fleet
      .client('shard_1')
      .query(
        `select pgq.insert_event('orders', 'large', repeat('x', 70000)), pgq.insert_event('orders', 'd', '')`,
      )
    const large = await untilReason(gateway, /bytes/)
    expect(large).toMatch(
      /^Event 4 takes 70\d\d\d bytes with its headers, and the NATS server takes 65536; raise/,
    )
    await movers.replace([{ ...ordersMover, types: ['d'], to }])
    const messages = await stored(nats, 'all', 4)
    expect(messages.map(({ subject }) => subject)).toEqual(['orders.a', 'orders.b', 'orders.c', 'orders.d'])
    expect(JSON.stringify([login, missing, down, large])).not.toContain('canary')
  })

  test('loses no event and brings none twice when NATS and a gateway are killed', {
    timeout: 180_000,
  }, async () => {
    const random = createRandom('MOVER_SEED')
    console.log(`MOVER_SEED=${random.seed}`)
    await using nats = await startNatsServer()
    await using fleet = await setUpFleet(2)
    await using directory = await temporaryDirectory()
    const to = { nats: nats.url, subject: 'orders.{database}', create: true }
    const gateways = await Promise.all([1, 2].map(() => startMoving(fleet, directory.path, { to })))
    try {
      for (const shard of ['shard_1', 'shard_2']) await registered(fleet, shard)
      const ledger = startMoverLedger(fleet, ['shard_1', 'shard_2'], random, {
        count: () => nats.count('m'),
        types: async () =>
          (await nats.messages('m')).map(({ headers }) => decodeURIComponent(headers['Pgq-Type'] ?? '')),
      })
      const [dying] = gateways
      for (const fault of ['nats', 'gateway', 'nats']) {
        await ledger.flows(1 + random.below(100))
        if (fault === 'gateway') {
          const output = dying?.output()
          await dying?.kill()
          expect(output).not.toContain('canary')
        } else {
          await nats.kill()
          await nats.start()
        }
      }
      await ledger.flows()
      expect(await ledger.finish()).toBeGreaterThan(50)
    } finally {
      for (const gateway of gateways) await gateway.kill()
    }
  })
})
