import { describe, expect, test } from 'vitest'
import { until } from '../support/deadline.ts'
import { hasNatsServer, type NatsServer, startNatsServer } from '../support/nats-server.ts'
import { registered, setUpFleet, untilState } from './fleet.ts'

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
})
