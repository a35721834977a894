import { expect, test } from 'vitest'
import { createCaller } from '../../src/caller.ts'
import { createGateway, type GatewayOptions } from '../../src/gateway/gateway.ts'
import { listen, serverOf } from '../gateway/mounted.ts'
import { until } from '../support/deadline.ts'
import { request, requestData, subscribe } from '../support/graphql.ts'
import { testLogger } from '../support/logger.ts'
import { type Fleet, ordersMover, registered, setUpFleet } from './fleet.ts'

const fields = `name database queue queueBy consumer paused reason
  sources { database queue state reason eventsMoved pendingEvents }`

async function serve({ urls }: Fleet, options: Partial<GatewayOptions> = {}) {
  const gateway = createGateway({
    databases: Object.entries(urls).map(([name, connectionString]) => ({ name, connectionString })),
    movers: [ordersMover],
    logger: testLogger(),
    ...options,
  })
  gateway.start()
  const server = await listen(serverOf(gateway))
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('movers are shown, paused, resumed and reset through the API', async () => {
  await using fleet = await setUpFleet(1)
  await using server = await serve(fleet)
  await registered(fleet)
  await fleet.publish('shard_1', ['one'])
  await fleet.arrived(1)
  const stream = subscribe(
    'WebSocket',
    server.url,
    `subscription { moverStats(intervalSeconds: 0.1) { ${fields} } }`,
  )
  const { moverStats } = await stream.nextData()
  expect(moverStats).toEqual([
    {
      name: 'm',
      database: 'main',
      queue: 'orders',
      queueBy: null,
      consumer: 'm',
      paused: false,
      reason: null,
      sources: [
        expect.objectContaining({ database: 'shard_1', queue: 'orders', reason: null, eventsMoved: '1' }),
      ],
    },
  ])

  const { pauseMover } = await requestData(
    server.url,
    'mutation { pauseMover(input: { mover: "m" }) { changed mover { paused sources { state } } } }',
  )
  expect(pauseMover).toEqual({ changed: true, mover: { paused: true, sources: [{ state: 'PAUSED' }] } })
  await until(async () => (await stream.nextData()).moverStats[0].paused, 'the pause in the stream')
  await fleet.publish('shard_1', ['two'])
  const { resumeMover } = await requestData(
    server.url,
    'mutation { resumeMover(input: { mover: "m" }) { changed mover { paused } } }',
  )
  expect(resumeMover).toEqual({ changed: true, mover: { paused: false } })
  await fleet.arrived(2)

  const { resetMover } = await requestData(
    server.url,
    'mutation { resetMover(input: { mover: "m", source: "shard_1" }) { sources mover { sources { eventsMoved } } } }',
  )
  expect(resetMover).toEqual({ sources: ['shard_1'], mover: { sources: [{ eventsMoved: '0' }] } })
  await fleet.publish('shard_1', ['three'])
  expect(await fleet.arrived(3)).toEqual(['one', 'two', 'three'])
})

test('a name that is no mover of that target, and a source that is none, are refused', async () => {
  await using fleet = await setUpFleet(1)
  await using server = await serve(fleet)
  await registered(fleet)
  const refusals = [
    'pauseMover(input: { mover: "other" }) { changed }',
    'pauseMover(input: { mover: "m", database: "shard_1" }) { changed }',
    'resetMover(input: { mover: "m", source: "elsewhere" }) { sources }',
  ]
  for (const mutation of refusals) {
    const { errors } = await request(server.url, `mutation { ${mutation} }`)
    expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  }
})

test('a caller sees movers and sources that it may see the statistics of, and acts with admin of the target alone', async () => {
  await using fleet = await setUpFleet(2)
  const callers: Record<string, string[]> = {
    target: ['stats:main/orders'],
    some: ['stats:main/orders', 'stats:shard_2/orders/m'],
    source: ['stats:shard_1'],
    admin: ['admin:main'],
  }
  await using server = await serve(fleet, {
    authenticate: ({ headers }) => {
      const name = String(headers.authorization).replace('Bearer ', '')
      return createCaller({ name, grants: callers[name] ?? [] })
    },
  })
  await registered(fleet)
  const ask = (caller: string, query: string) => request(server.url, query, {}, undefined, caller)
  const seen = async (caller: string) =>
    (await ask(caller, '{ movers { name sources { database } } }')).data?.movers
  expect(await seen('target')).toEqual([{ name: 'm', sources: [] }])
  expect(await seen('some')).toEqual([{ name: 'm', sources: [{ database: 'shard_2' }] }])
  expect(await seen('source')).toEqual([])
  const pause = 'mutation { pauseMover(input: { mover: "m" }) { changed mover { sources { database } } } }'
  for (const caller of ['target', 'some', 'source'])
    expect((await ask(caller, pause)).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  expect((await ask('admin', pause)).data).toEqual({ pauseMover: { changed: true, mover: { sources: [] } } })
})
