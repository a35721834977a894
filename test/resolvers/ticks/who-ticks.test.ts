import { describe, expect, test } from 'vitest'
import type { LiveDatabase } from '../../../src/database/live-database.ts'
import { findTicking, tickMaker } from '../../../src/resolvers/ticks/who-ticks.ts'
import { availableEngines, createTestDatabase, type EngineName } from '../../support/database.ts'
import { until } from '../../support/deadline.ts'
import { hasPeers, startPgqd } from '../../support/pgqd.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

async function setUp(engine: EngineName) {
  const fixture = await createTestDatabase(engine)
  const idle = await fixture.open()
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('q'), pgq.create_queue('other')`)
  return {
    fixture,
    run: (text: string) => client.query(text),
    maker: async (from: LiveDatabase = idle) =>
      tickMaker(await findTicking(from.database), from.ticker?.isLeading ?? false),
    ticking: () => findTicking(idle.database),
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await idle.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

describe.each(availableEngines)('the ticks on %s', (engine) => {
  test('are made by the gateway that leads, and by nobody once it is gone', async () => {
    await using t = await setUp(engine)
    expect(await t.maker()).toBe('nobody')
    const leader = await t.fixture.open({ ticker: true })
    await until(async () => (await t.maker(leader)) === 'thisServer', 'the leader')
    expect(await t.maker()).toBe('anotherServer')
    expect(await t.ticking()).toMatchObject({
      leaderPid: expect.any(Number),
      leaderName: `pgq-graphql/gateway ${leader.database.gatewayId}`,
      programPid: null,
      queueCount: 2,
    })
    await leader.close()
    expect(await t.maker()).toBe('nobody')
  })

  test('are made by nobody while a leader makes none', async () => {
    await using t = await setUp(engine)
    const session = await t.fixture.connect()
    await session.query('select pgq_gateway.begin_life(1), pgq_gateway.sign_of_life(1, true)')
    expect(await t.maker()).toBe('anotherServer')
    await t.run(`update pgq.tick set tick_time = tick_time - interval '5 min' where tick_queue = 1`)
    expect(await t.ticking()).toMatchObject({ queueCount: 2, overdueCount: 1 })
    expect(await t.maker()).toBe('anotherServer')
    await t.run(`update pgq.tick set tick_time = tick_time - interval '5 min'`)
    expect(await t.maker()).toBe('nobody')
    await t.run('update pgq.queue set queue_ticker_paused = true')
    expect(await t.ticking()).toMatchObject({ queueCount: 0, overdueCount: 0 })
    await session.end()
  })

  test.runIf(hasPeers)('are made by another program while pgqd runs', async () => {
    await using t = await setUp(engine)
    await using directory = await temporaryDirectory()
    {
      await using _pgqd = await startPgqd(directory.path, t.fixture.url)
      await until(async () => (await t.maker()) === 'anotherProgram', 'pgqd')
    }
    await until(async () => (await t.maker()) === 'nobody', 'the end of pgqd')
  })
})
