import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { beforeEach, describe, expect, test } from 'vitest'
import { openConnections } from '../support/connections.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { until, withDeadline } from '../support/deadline.ts'
import { startTestServer } from '../support/server.ts'
import { startTicker } from '../support/ticker.ts'

let fixture: TestDatabase
let admin: pg.Client
const clients: pg.Client[] = []

beforeEach(async () => {
  fixture = await createTestDatabase()
  admin = await connect()
  return async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()))
    await fixture[Symbol.asyncDispose]()
  }
})

async function connect(application_name = 'test'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: fixture.url, application_name })
  client.on('error', () => {})
  await client.connect()
  clients.push(client)
  return client
}

const begin = (client: pg.Client, gateway: number) =>
  client.query('select pgq_gateway.begin_life($1)', [gateway])

/** Begins the life of a gateway on a session of its own. */
async function gateway(id: number): Promise<pg.Client> {
  const client = await connect(`pgq-graphql/gateway ${id}`)
  await begin(client, id)
  return client
}

/** Makes a session as gateways had it before they gave signs of life. */
async function olderGateway(id: number, { leads = false } = {}): Promise<pg.Client> {
  const client = await connect(`pgq-graphql/gateway ${id}`)
  await client.query('select pg_advisory_lock_shared(1885827431, $1)', [id])
  if (leads) await client.query('select pg_advisory_lock(1885827436, 0)')
  return client
}

async function sign(client: pg.Client, id: number, wish: boolean | null = null): Promise<boolean | null> {
  return (await client.query('select pgq_gateway.sign_of_life($1, $2) as leads', [id, wish])).rows[0].leads
}

async function isAlive(id: number, client = admin): Promise<boolean> {
  return (await client.query('select pgq_gateway._gateway_is_alive($1) as alive', [id])).rows[0].alive
}

/** Has the last sign of all gateways come so much earlier; negative for later, as where the clock was set back. */
const age = (seconds: number) =>
  admin.query(`update pgq_gateway.gateway set seen_at = seen_at - make_interval(secs => $1)`, [seconds])

test('a gateway is alive for five seconds after its sign, and dies at once with its session', async () => {
  const one = await gateway(1)
  expect(await isAlive(1)).toBe(true)
  await age(4)
  expect(await isAlive(1)).toBe(true)
  await sign(one, 1)
  await age(4)
  expect(await isAlive(1)).toBe(true)
  await age(2)
  expect(await isAlive(1)).toBe(false)

  await begin(one, 1)
  expect(await isAlive(1)).toBe(true)
  await admin.query('select pg_terminate_backend(pid) from pgq_gateway.gateway')
  await until(async () => !(await isAlive(1)), 'its death', { timeoutMs: 2_000 })
})

test('a gateway that was found dead is told at its next sign, stays dead until it begins again, and leads no more', async () => {
  const [one, two] = [await gateway(1), await gateway(2)]
  expect(await sign(one, 1, true)).toBe(true)
  expect(await sign(two, 2, true)).toBe(false)
  await admin.query(`update pgq_gateway.gateway set seen_at = seen_at - interval '6 s' where gateway = 1`)
  expect(await sign(two, 2, true)).toBe(true)
  expect(await sign(one, 1)).toBeNull()
  expect(await sign(one, 1, true)).toBeNull()
  expect(await isAlive(1)).toBe(false)
  await begin(one, 1)
  expect(await sign(one, 1, true)).toBe(false)
  expect(await isAlive(1)).toBe(true)
  expect(await sign(two, 2, false)).toBe(false)
  expect(await sign(one, 1, true)).toBe(true)
})

test('a gateway that nobody found dead goes on after any silence, whatever was done to the clock', async () => {
  const one = await gateway(1)
  await sign(one, 1, true)
  for (const seconds of [3_600, -3_600]) {
    await age(seconds)
    expect(await sign(one, 1)).toBe(true)
    expect(await isAlive(1)).toBe(true)
  }
})

test.each([3_600, -3_600])(
  'a clock that jumps by %d s makes no gateway dead for longer than it takes to begin again, and none alive for ever',
  async (seconds) => {
    const ticker = startTicker(openConnections(fixture.url))
    await until(() => ticker.status.state === 'leading', 'a leader')
    for (let n = 0; n < 3; n++) {
      await age(seconds)
      const { rows } = await admin.query<{ id: number }>('select gateway as id from pgq_gateway.gateway')
      await admin.query('select pgq_gateway.dead_gateways($1)', [rows.map(({ id }) => id)])
      await until(
        async () => ticker.status.state === 'leading' && (await isAlive(rows[0]?.id ?? 0)),
        'the lead again',
      )
    }
    await ticker.stop()
    const one = await gateway(1)
    await age(seconds)
    expect(await isAlive(1)).toBe(false)
    await one.end()
  },
)

test('a gateway that comes back waits for what is taken over from it', async () => {
  const [one, judge] = [await gateway(1), await connect()]
  await age(6)
  for (const committed of [false, true]) {
    await judge.query('begin')
    expect(await isAlive(1, judge)).toBe(false)
    let isBack = false
    const back = begin(one, 1).then(() => {
      isBack = true
    })
    await until(
      async () =>
        (await admin.query(`select from pg_locks where not granted and pid = $1`, [await pidOf(1)])).rowCount,
      'its wait',
    )
    expect(isBack).toBe(false)
    await judge.query(committed ? 'commit' : 'rollback')
    await withDeadline(back, 'its return')
    expect(await isAlive(1)).toBe(true)
    await age(6)
    // The second time it is known to be dead already.
    expect(await isAlive(1)).toBe(false)
  }
})

async function pidOf(id: number): Promise<number> {
  const { rows } = await admin.query('select pid from pgq_gateway.gateway where gateway = $1', [id])
  return rows[0]?.pid
}

test('a sign under way saves the life of a gateway that is about to be found dead', async () => {
  const [one, judge] = [await gateway(1), await connect()]
  await age(6)
  await one.query('begin')
  expect(await sign(one, 1)).toBe(false)
  const verdict = isAlive(1, judge)
  const pid = (judge as unknown as { processID: number }).processID
  await until(
    async () => (await admin.query('select from pg_locks where not granted and pid = $1', [pid])).rowCount,
    'the wait of the judge',
  )
  await one.query('commit')
  expect(await verdict).toBe(true)
})

test('of gateways that ask for the lead at the same time, one gets it', async () => {
  const all = await Promise.all([1, 2, 3, 4, 5, 6].map(gateway))
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(all.map((client, index) => sign(client, index + 1, true)))
    expect(answers.filter((leads) => leads)).toHaveLength(1)
    const leader = answers.indexOf(true)
    await sign(all[leader] as pg.Client, leader + 1, false)
  }
})

test('a ticker that was found dead ticks no more, and a call without a gateway is not asked for the lead', async () => {
  const one = await gateway(1)
  await admin.query(`select pgq.create_queue('q')`)
  await sign(one, 1, true)
  const step = (id: number) =>
    admin.query(`select * from pgq_gateway.ticker_step(array['q'], false, $1)`, [id])
  await step(1)
  await age(6)
  expect(await isAlive(1)).toBe(false)
  await expect(step(1)).rejects.toMatchObject({ code: 'PQ019' })
  await admin.query(`select * from pgq_gateway.ticker_step(array['q'], false)`)
})

test('signs of life leave one page, however many there are, and are written in place', async () => {
  const one = await gateway(1)
  await sign(one, 1, true)
  for (let n = 0; n < 2_000; n++) await sign(one, 1)
  const { rows } = await admin.query(`select pg_relation_size('pgq_gateway.gateway')::int as bytes`)
  expect(rows[0].bytes).toBe(8_192)
  await one.query('select pg_stat_clear_snapshot()')
  await until(async () => {
    const counts = await admin.query(
      `select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_user_tables where relname = 'gateway'`,
    )
    const { all, hot } = counts.rows[0]
    // The one that takes the lead touches its index.
    return all > 2_000 && all - hot <= 1
  }, 'the counts of updates')
})

describe('a gateway without a session of its own', () => {
  const secret = randomUUID()
  const beginShared = (id: number, life = secret) =>
    admin.query('select pgq_gateway.begin_life($1, $2)', [id, life])
  const signShared = async (
    id: number,
    wish: boolean | null = null,
    { life = secret, client = admin } = {},
  ) =>
    (await client.query('select pgq_gateway.sign_of_life($1, $2, $3) as leads', [id, wish, life])).rows[0]
      .leads

  test('lives by signs from any session that have its secret, and by no others', async () => {
    await beginShared(1)
    expect(await signShared(1, null, { client: await connect() })).toBe(false)
    await age(4)
    expect(await isAlive(1)).toBe(true)
    expect(await signShared(1, null, { life: randomUUID() })).toBeNull()
    expect(await sign(admin, 1)).toBeNull()
    await age(2)
    expect(await isAlive(1)).toBe(false)
    expect(await signShared(1)).toBeNull()
    await beginShared(1)
    expect(await isAlive(1)).toBe(true)
  })

  test('is deaf to what is left of its life before', async () => {
    await beginShared(1)
    const next = randomUUID()
    await beginShared(1, next)
    expect(await signShared(1, true)).toBeNull()
    await admin.query('select pgq_gateway.end_life(1, $1)', [secret])
    expect(await signShared(1, true, { life: next })).toBe(true)
    expect(await signShared(1, false)).toBeNull()
    expect(await signShared(1, null, { life: next })).toBe(true)
  })

  test('leads alone, leaves no lock in the session, and gives up the lead by a word or by its end', async () => {
    const two = await gateway(2)
    await beginShared(1)
    expect(await signShared(1, true)).toBe(true)
    expect(await sign(two, 2, true)).toBe(false)
    expect((await admin.query(`select from pg_locks where locktype = 'advisory'`)).rowCount).toBe(0)
    expect(await signShared(1, false)).toBe(false)
    expect(await sign(two, 2, true)).toBe(true)
    expect(await signShared(1, true)).toBe(false)
    expect(await sign(two, 2, false)).toBe(false)
    expect(await signShared(1, true)).toBe(true)
    await admin.query('select pgq_gateway.end_life(1, $1)', [secret])
    expect(await isAlive(1)).toBe(false)
    expect(await sign(two, 2, true)).toBe(true)
  })

  test('takes no lock away from a session that it shares', async () => {
    await beginShared(1)
    await admin.query('select pg_advisory_lock(1, 2)')
    await signShared(1, true)
    await signShared(1, false)
    expect((await admin.query('select pg_advisory_unlock(1, 2) as held')).rows).toEqual([{ held: true }])
  })

  test('stands back while a gateway of an older version leads', async () => {
    const older = await olderGateway(7, { leads: true })
    await beginShared(1)
    expect(await signShared(1, true)).toBe(false)
    await older.end()
    await until(async () => await signShared(1, true), 'the lead')
  })

  test('is named where somebody asks who leads', async () => {
    await beginShared(1)
    await signShared(1, true)
    const name = 'pgq-graphql/shared gateway 1'
    const { rows } = await admin.query('select leader_pid, leader_name from pgq_gateway.who_ticks()')
    expect(rows).toEqual([{ leader_pid: null, leader_name: name }])
    const obstacles = await admin.query('select * from pgq_gateway.tick_obstacles(array[1])')
    expect(obstacles.rows).toMatchObject([{ queue_id: null, pid: null, application_name: name }])
  })
})

describe('locks of strangers', () => {
  test('make no gateway seem alive', async () => {
    const stranger = await connect()
    await stranger.query('select pg_advisory_lock(1885827431, 1), pg_advisory_lock(1885827431, 2)')
    expect(await isAlive(2)).toBe(false)
    const one = await gateway(1)
    await age(6)
    expect(await isAlive(1)).toBe(false)
    await one.end()
  })

  test('keep no gateway from living or from leading', async () => {
    const stranger = await connect()
    await stranger.query('select pg_advisory_lock(1885827431, 1), pg_advisory_lock(1885827436, 0)')
    const one = await gateway(1)
    expect(await isAlive(1)).toBe(true)
    expect(await sign(one, 1, true)).toBe(true)
  })

  test('on the table of gateways need its owner', async () => {
    await admin.query('create role nobody_of_life login')
    try {
      await admin.query('set role nobody_of_life')
      for (const text of [
        'do $$ begin lock table pgq_gateway.gateway in access share mode; end $$',
        'select from pgq_gateway.gateway for update',
        'select pgq_gateway.begin_life(1)',
        'select pgq_gateway.sign_of_life(1, true)',
      ])
        await expect(admin.query(text)).rejects.toMatchObject({ code: '42501' })
    } finally {
      await admin.query('reset role; drop role nobody_of_life')
    }
  })
})

describe('beside gateways of an older version', () => {
  test('one that lives keeps its claim, and loses it with its session', async () => {
    const older = await olderGateway(7)
    await admin.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
    const claim = async (id: number) =>
      (
        await admin.query(
          `select pgq_gateway.claim_stream('q', 'c', null, gen_random_uuid(), $1) as holder`,
          [id],
        )
      ).rows[0].holder
    expect(await claim(7)).toBeNull()
    await gateway(1)
    expect(await claim(1)).toBe(7)
    await older.end()
    await until(async () => (await claim(1)) === null, 'the claim')
    // To an older gateway the new one is alive, by the functions of this version.
    expect(await claim(7)).toBe(1)
  })

  test('one leads at a time, whichever version it has', async () => {
    const older = await olderGateway(7, { leads: true })
    const one = await gateway(1)
    expect(await sign(one, 1, true)).toBe(false)
    await older.end()
    await until(async () => await sign(one, 1, true), 'the lead')
    const next = await olderGateway(8)
    const asks = async () =>
      (await next.query('select pg_try_advisory_lock(1885827436, 0) as leads')).rows[0].leads
    expect(await asks()).toBe(false)
    expect(await sign(one, 1, false)).toBe(false)
    expect(await asks()).toBe(true)
  })

  test('one that stands still and leads is not replaced, and readiness says who it is', {
    timeout: 60_000,
  }, async () => {
    const older = await olderGateway(7, { leads: true })
    await using server = await startTestServer({ fixture })
    await admin.query(`select pgq.create_queue('q')`)
    await admin.query(`select pgq.insert_event('q', 'x', '')`)
    const reasons = () => server.gateway.health().databases.flatMap((each) => each.reasons)
    await until(() => reasons().some((reason) => reason.includes('"pgq-graphql/gateway 7"')), 'the reason', {
      timeoutMs: 25_000,
      describe: () => JSON.stringify(reasons()),
    })
    await older.end()
    await until(() => server.gateway.health().isReady, 'readiness', { timeoutMs: 20_000 })
  })
})

test('a gateway that stands by costs an idle database some three statements a second', {
  timeout: 60_000,
}, async () => {
  await gateway(1)
  await sign(clients.at(-1) as pg.Client, 1, true)
  const live = await fixture.open({ ticker: true })
  // What this one asks is not counted.
  const elsewhere = new pg.Client({ connectionString: fixture.url.replace(/[^/]+$/, 'postgres') })
  await elsewhere.connect()
  try {
    let keptAliveMs = Number.NEGATIVE_INFINITY
    let ownCount = 0
    const keepAlive = async () => {
      if (performance.now() - keptAliveMs < 2_000) return
      keptAliveMs = performance.now()
      ownCount++
      await admin.query(
        `update pgq_gateway.gateway set seen_at = clock_timestamp() + interval '4 s' where gateway = 1`,
      )
    }
    const transactions = async () => {
      await keepAlive()
      const { rows } = await elsewhere.query<{ count: number }>(
        'select xact_commit::int as count from pg_stat_database where datname = $1',
        [fixture.name],
      )
      return (rows[0]?.count ?? 0) - ownCount
    }
    const more = async (count: number) => {
      const before = await transactions()
      await until(async () => (await transactions()) >= before + count, `${count} transactions`, {
        timeoutMs: 30_000,
      })
    }
    await keepAlive()
    const isStandby = async () => {
      await keepAlive()
      return live.ticker?.status.state === 'standby' && live.feed.isLive
    }
    await until(isStandby, 'a standby')
    // Counts are up to a second late, so those of the start come first.
    await more(1)
    await more(1)
    const beganMs = performance.now()
    const before = await transactions()
    await more(20)
    const perSecond = ((await transactions()) - before) / ((performance.now() - beganMs) / 1_000)
    expect(perSecond).toBeGreaterThan(1)
    expect(perSecond).toBeLessThan(4)
  } finally {
    await elsewhere.end()
    await live.close()
  }
})

test('a login that only reads takes neither the life of another gateway nor the lead', async () => {
  const own = await gateway(1)
  expect(await sign(own, 1, true)).toBe(true)
  const name = `reader_${fixture.name}`
  await admin.query(`create role ${name} login in role pgq_reader`)
  const reader = await connect()
  try {
    await reader.query(`set session authorization ${name}`)
    await expect(begin(reader, 1)).rejects.toMatchObject({ code: '42501' })
    await begin(reader, 2)
    await expect(sign(reader, 2, true)).rejects.toMatchObject({ code: '42501' })
    expect(await sign(own, 1)).toBe(true)
  } finally {
    await reader.query('reset session authorization')
    await admin.query(`drop role ${name}`)
  }
})

test('a gateway that stands still for a day keeps its row, and one whose session ended does not', async () => {
  await gateway(1)
  const ended = await gateway(2)
  await age(90_000)
  await ended.end()
  clients.splice(clients.indexOf(ended), 1)
  const pids = 'select count(*)::int4 as count from pg_stat_activity where datname = current_database()'
  await until(async () => (await admin.query(pids)).rows[0].count === 2, 'the end of its session')
  await gateway(3)
  expect((await admin.query('select gateway from pgq_gateway.gateway order by 1')).rows).toEqual([
    { gateway: 1 },
    { gateway: 3 },
  ])
})

test('advisory locks of any key are no obstacle to looking for obstacles', async () => {
  const stranger = await connect()
  await stranger.query('select pg_advisory_lock(-1, -2), pg_advisory_lock(2147483647, -2147483648)')
  expect((await admin.query('select * from pgq_gateway.tick_obstacles(array[1])')).rows).toEqual([])
})
