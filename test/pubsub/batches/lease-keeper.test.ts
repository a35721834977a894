import { describe, expect, test } from 'vitest'
import { Claims } from '../../../src/pubsub/batches/claims.ts'
import type { LeaseKeeper } from '../../../src/pubsub/batches/lease-keeper.ts'
import { claimStream } from '../../../src/resolvers/batches/leases.ts'
import { nextBatch, nextCoopBatch } from '../../../src/resolvers/batches/next-batch.ts'
import { openConnections } from '../../support/connections.ts'
import { createTestContext } from '../../support/context.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { until } from '../../support/deadline.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

/** A database with queue `q`, plain consumer `c`, and ticks made by hand. */
async function setUp() {
  const fixture = await createTestDatabase()
  const statements: string[] = []
  const connections: string[] = []
  const live = await fixture.open(
    {},
    {
      statement: ({ name }) => statements.push(name),
      connection: ({ purpose, state }) => connections.push(`${purpose} ${state}`),
    },
  )
  const client = await fixture.connect()
  await client.query(`select pgq.create_queue('q'), pgq.register_consumer('q', 'c')`)
  await until(() => live.feed.isLive && connections.includes('presence made'), 'both long-lived connections')
  return {
    fixture,
    live,
    client,
    leases: live.leases,
    /** Counts how often it was asked which leases are held, apart from heartbeats. */
    countQuestions: () => statements.filter((name) => name === 'held-leases').length,
    context: createTestContext(live),
    tick: async () => {
      await client.query(`select pgq.insert_event('q', 'x', '')`)
      await client.query(`select pgq.force_tick('q')`)
      await client.query(`select pgq.ticker('q')`)
    },
    [Symbol.asyncDispose]: async () => {
      await client.end()
      await live.close()
      await fixture[Symbol.asyncDispose]()
    },
  }
}

type Setup = Awaited<ReturnType<typeof setUp>>

async function openAsMember(t: Setup, subconsumer: string, deadIntervalSeconds = 1) {
  const input = { database: 'main', queue: 'q', consumer: 'g', subconsumer, deadIntervalSeconds }
  const batch = await nextCoopBatch(t.context, input)
  return batch && { batchId: batch.batchId, token: batch.leaseToken ?? '' }
}

async function openMemberBatch(t: Setup, subconsumer: string) {
  await openAsMember(t, subconsumer)
  await t.tick()
  const batch = await openAsMember(t, subconsumer)
  if (!batch) throw new Error('no batch')
  return batch
}

/** Keeps a batch whose worker may be silent for ever. @returns Stops keeping it. */
function keep(
  leases: LeaseKeeper,
  { batchId, token }: { batchId: string; token: string },
  deadIntervalMs: number,
  onEnd: () => void = () => {},
): () => void {
  const maxSilenceMs = Number.POSITIVE_INFINITY
  return leases.keep({ batchId, token, next: undefined, deadIntervalMs, maxSilenceMs, onEnd })
}

/** When a sign of life of this batch's member was last seen. */
async function activeAt(t: Setup, batchId: string): Promise<string> {
  const { rows } = await t.client.query<{ at: string }>(
    'select sub_active::text as at from pgq.subscription where sub_batch = $1',
    [batchId],
  )
  return rows[0]?.at ?? ''
}

describe('leases', () => {
  test('of new batches that keep coming do not put off the heartbeat of an old one', async () => {
    await using t = await setUp()
    const old = await openMemberBatch(t, 'old')
    const forgetOld = keep(t.leases, old, 1_000)
    const lastBeat = () => activeAt(t, old.batchId)
    const first = await lastBeat()
    let beat = first
    let n = 0
    await until(async () => {
      const token = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
      keep(t.leases, { batchId: `9${n++}`, token }, 1_000)()
      beat = await lastBeat()
      return beat !== first
    }, 'a heartbeat while new leases come')
    forgetOld()
  })

  test('beat while all else waits for a connection of the pool', async () => {
    await using t = await setUp()
    const held = await openMemberBatch(t, 'held')
    const live = await t.fixture.open({ maxConnectionsPerRole: 1 })
    const slow = live.database
      .call({ name: 'slow', role: 'reader', text: 'select pg_sleep(60)' })
      .catch(() => {})
    try {
      const before = await activeAt(t, held.batchId)
      keep(live.leases, held, 1_000)
      await until(async () => (await activeAt(t, held.batchId)) !== before, 'a heartbeat')
    } finally {
      await t.client.query(
        `select pg_cancel_backend(pid) from pg_stat_activity where query = 'select pg_sleep(60)'`,
      )
      await slow
      await live.close()
    }
  })

  test('beat though the heartbeat before has no answer yet', async () => {
    await using t = await setUp()
    await using proxy = await startTcpProxy(t.fixture.url)
    const held = await openMemberBatch(t, 'held')
    const live = await t.fixture.open({ connectionString: proxy.url })
    const hold = proxy.hold('touch-leases')
    try {
      keep(live.leases, held, 1_000)
      await hold.reached(2)
    } finally {
      hold.release()
      await live.close()
    }
  })

  test('that another stream of this gateway took over end, and the new one goes on', async () => {
    await using t = await setUp()
    const lost = await openMemberBatch(t, 'lost')
    const ended: string[] = []
    keep(t.leases, lost, 60_000, () => ended.push('lost'))
    await t.client.query(`update pgq.subscription set sub_active = now() - interval '1 minute'`)
    const taken = await openAsMember(t, 'heir')
    if (!taken) throw new Error('no batch')
    expect(taken.batchId).toBe(lost.batchId)
    keep(t.leases, taken, 1_000, () => ended.push('taken'))
    await until(() => ended.includes('lost'), 'the end of the lost lease')
    expect(ended).toEqual(['lost'])
  })

  test('outlive a notice that is wrong, and end at one that is right', async () => {
    await using t = await setUp()
    await t.tick()
    const batch = await nextBatch(t.context, { database: 'main', queue: 'q', consumer: 'c' })
    if (!batch) throw new Error('no batch')
    let hasEnded = false
    keep(t.leases, { batchId: batch.batchId, token: batch.leaseToken ?? '' }, 1e9, () => {
      hasEnded = true
    })
    const notify = () =>
      t.client.query(`select pg_notify('pgq_gateway', '{"kind":"settled","batch":"${batch.batchId}"}')`)
    const before = t.countQuestions()
    await notify()
    await until(() => t.countQuestions() > before, 'the question whether it is held')
    await notify()
    await until(() => t.countQuestions() > before + 1, 'the second question')
    expect(hasEnded).toBe(false)
    await t.client.query('select pgq.finish_batch($1)', [batch.batchId])
    await notify()
    await until(() => hasEnded, 'the end', { timeoutMs: 2_000 })
  })

  test('beat for all members while one of them is locked by a long settlement', async () => {
    await using t = await setUp()
    const a = await openMemberBatch(t, 'a')
    const b = await openMemberBatch(t, 'b')
    await t.client.query('begin')
    await t.client.query('select from pgq.subscription where sub_batch = $1 for update', [a.batchId])
    const other = await t.fixture.connect()
    try {
      await other.query(
        `update pgq.subscription set sub_active = now() - interval '1 minute' where sub_batch = $1`,
        [b.batchId],
      )
      const ended: string[] = []
      for (const lease of [a, b]) keep(t.leases, lease, 1_000, () => ended.push(lease.batchId))
      await until(async () => {
        const { rows } = await other.query(
          `select sub_active > now() - interval '10 s' as beats from pgq.subscription where sub_batch = $1`,
          [b.batchId],
        )
        return rows[0].beats
      }, 'a heartbeat of the other member')
      expect(ended).toEqual([])
    } finally {
      await t.client.query('rollback')
      await other.end()
    }
  })
})

describe('claims', () => {
  const subscriber = { queue: 'q', consumer: 'c' }
  const a = '00000000-0000-4000-8000-00000000000a'
  const b = '00000000-0000-4000-8000-00000000000b'

  test('whose release failed in an outage are given back after it', async () => {
    await using t = await setUp()
    await using proxy = await startTcpProxy(t.fixture.url)
    const database = openConnections(proxy.url)
    const claims = new Claims(database, t.live.feed)
    try {
      expect(await claims.claim(subscriber, a)).toBeNull()
      proxy.stall()
      await claims.release(a)
      expect(await holderOf(t)).toBe(a)
      proxy.reset()
      proxy.resume()
      await until(async () => (await holderOf(t)) === undefined, 'the end of the claim')
    } finally {
      claims.close()
      await database.close()
    }
  })

  test('whose answer was lost are given back when their stream ends meanwhile', async () => {
    await using t = await setUp()
    await using proxy = await startTcpProxy(t.fixture.url)
    const database = openConnections(proxy.url)
    const claims = new Claims(database, t.live.feed)
    const blocker = await t.fixture.connect()
    try {
      await database.call({ name: 'warm', role: 'reader', text: 'select 1' })
      await blocker.query('begin')
      await blocker.query('select from pgq.subscription for update')
      const claiming = claims.claim(subscriber, a).catch((error: Error) => error)
      await until(async () => {
        const { rows } = await t.client.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        )
        return rows.length > 0
      }, 'the claim to wait')
      proxy.reset()
      expect(await claiming).toBeInstanceOf(Error)
      await claims.release(a)
      await blocker.query('commit')
      // The backend did not notice that its client is gone, and claims now, after the release.
      await until(
        () => claimStream(t.live.database, subscriber, b).then((holder) => holder === null),
        'the claim of b',
      )
      await until(async () => (await holderOf(t)) === b, 'the claim to stay')
    } finally {
      claims.close()
      await blocker.end()
      await database.close()
    }
  })

  test('that only the database remembers are dropped when it is back', async () => {
    await using t = await setUp()
    await t.live.claims.claim(subscriber, a)
    await t.client.query(
      `insert into pgq_gateway.stream (queue_id, consumer_id, stream_id, gateway) values (99, 1, $1, $2)`,
      [b, t.live.database.gatewayId],
    )
    await t.client.query(`update pgq_gateway.stream set since = now() - interval '1 minute'`)
    await until(async () => {
      // One that comes while the claims are looked at for the last one counts for nothing.
      t.live.feed.emit('live')
      const { rows } = await t.client.query('select stream_id from pgq_gateway.stream')
      return rows.length === 1 && rows[0].stream_id === a
    }, 'the end of the orphan')
  })

  test('are told to those that stand by for them, and to no others', async () => {
    await using t = await setUp()
    await t.client.query(`select pgq.register_consumer('q', repeat(U&'\\0001', 1400))`)
    const { claims } = t.live
    const woken: string[] = []
    for (const consumer of ['c', 'other'])
      claims.standBy({ queue: 'q', consumer }, () => woken.push(consumer)).isHeldBy(t.live.database.gatewayId)
    await claims.claim(subscriber, a)
    await claims.release(a)
    await until(() => woken.length > 0, 'the notice')
    expect(woken).toEqual(['c'])
    // A name that does not fit into a notice: all look.
    const { rows } = await t.client.query(`select co_name from pgq.consumer where co_name <> 'c'`)
    await claims.claim({ queue: 'q', consumer: rows[0].co_name }, b)
    await claims.release(b)
    await until(() => woken.includes('other'), 'the notice to all')
  })
})

async function holderOf(t: { client: Awaited<ReturnType<TestDatabase['connect']>> }) {
  const { rows } = await t.client.query('select stream_id from pgq_gateway.stream')
  return rows[0]?.stream_id
}
