import { expect, test } from 'vitest'
import { availableEngines, createTestDatabase, type EngineName } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'
import { type Data, request, requestData, subscribe } from '../support/graphql.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const blockedLoop = new URL('blocked-loop.mjs', import.meta.url).href

/** Time without a sign of life after which a gateway counts as dead, and what a busy machine takes on top. */
const LAPSE_MS = 5_000 + 4_000

interface Fault {
  name: string
  engine: EngineName
  begin: (gateway: Gateway, way: TcpProxy) => void
  end: (gateway: Gateway, way: TcpProxy) => void
}

const stopped: Fault = {
  name: 'is stopped',
  engine: 'sql-18',
  begin: (gateway) => gateway.signal('SIGSTOP'),
  end: (gateway) => gateway.signal('SIGCONT'),
}

const faults: Fault[] = [
  stopped,
  { ...stopped, name: 'is stopped, on an upstream engine,', engine: 'extension-15' },
  {
    name: 'is cut off from its database without a word',
    engine: 'sql-18',
    begin: (_gateway, way) => way.stall(),
    end: (_gateway, way) => {
      way.bury()
      way.resume()
    },
  },
  {
    name: 'has a blocked event loop',
    engine: 'sql-18',
    begin: (gateway) => gateway.signal('SIGUSR2'),
    // It ends by itself.
    end: () => {},
  },
]

const batchesOf = (input: string) =>
  `subscription { batches(input: { queue: "q", ${input} }) { batchId leaseToken consumerName events { type } } }`
const publish = (url: string, type: string) =>
  requestData(
    url,
    'mutation ($type: String!) { insertEvent(input: { queue: "q", type: $type }) { eventId } }',
    { type },
  )
const settle = (url: string, { batchId, leaseToken }: Data) =>
  request(url, 'mutation ($input: FinishBatchInput!) { finishBatch(input: $input) { finished } }', {
    input: { batchId, leaseToken },
  })

test.each(
  faults
    .filter(({ engine }) => availableEngines.includes(engine))
    .map((fault) => [fault.name, fault] as const),
)(
  'a gateway that %s loses its lead and its batches to another within seconds, and finds that out when it is back',
  { timeout: 120_000 },
  async (_name, { engine, begin, end }) => {
    await using fixture = await createTestDatabase(engine)
    await using way = await startTcpProxy(fixture.url)
    await using first = await startGateway(way.url, {
      preload: blockedLoop,
      environment: { BLOCK_MS: '20000' },
    })
    await using second = await startGateway(fixture.url)
    const [a = '', b = ''] = [first.url, second.url]
    const client = await fixture.connect()
    await using _client = { [Symbol.asyncDispose]: () => client.end() }
    const leader = async (): Promise<number | undefined> =>
      (await client.query('select gateway from pgq_gateway.gateway where leads')).rows[0]?.gateway
    const firstId = await leader()
    await requestData(
      b,
      `mutation { createQueue(input: { name: "q", tickerMaxLagSeconds: 0.1 }) { created }
        registerConsumer(input: { queue: "q", consumer: "c" }) { registered } }`,
    )
    await client.query(
      `select pgq_coop.register_subconsumer('q', 'g', 'm1'), pgq_coop.register_subconsumer('q', 'g', 'm2')`,
    )
    let settlesAt = b
    /** Opens a stream that settles whatever comes before the event. */
    const work = (url: string, input: string) => {
      const stream = subscribe('SSE', url, batchesOf(input))
      return {
        async batchWith(type: string): Promise<Data> {
          for (;;) {
            const { batches } = await stream.nextData(30_000)
            if (batches.events.some((event: Data) => event.type === type)) return batches
            await settle(settlesAt, batches)
          }
        },
        [Symbol.asyncDispose]: () => stream.stop(),
      }
    }
    const plain = 'consumer: "c", standby: true'
    const member = (name: string) => `consumer: "g", subconsumer: "${name}", deadIntervalSeconds: 1`
    await using holder = work(a, plain)
    await using frozenMember = work(a, member('m1'))
    await publish(b, 'held')
    const held = await Promise.all([holder.batchWith('held'), frozenMember.batchWith('held')])
    await using standby = work(b, plain)
    await using otherMember = work(b, member('m2'))
    const standing = standby.batchWith('held').then((batch) => ({ batch, atMs: performance.now() }))
    const other = otherMember.batchWith('held')
    standing.catch(() => {})
    other.catch(() => {})
    const looks = `select from pg_stat_activity
      where query like '%dead_gateways%' and datname = current_database() and pid <> pg_backend_pid()`
    await until(async () => (await client.query(looks)).rowCount !== 0, 'the look for the holder')

    const beganMs = performance.now()
    begin(first, way)
    await publish(b, 'meanwhile')
    await until(async () => ![firstId, undefined].includes(await leader()), 'another leader', {
      timeoutMs: 20_000,
    })
    expect(performance.now() - beganMs, 'time to another leader').toBeLessThan(LAPSE_MS)
    const secondId = await leader()
    const { batch, atMs } = await standing
    expect(atMs - beganMs, 'time to the takeover').toBeLessThan(LAPSE_MS)
    const taken = [batch, await other]
    expect(taken.map(({ batchId }) => batchId)[0]).toBe(held[0]?.batchId)
    for (const each of taken) expect((await settle(b, each)).data?.finishBatch.finished).toBe(true)
    const meanwhile = await Promise.all([standby.batchWith('meanwhile'), otherMember.batchWith('meanwhile')])
    for (const each of meanwhile) expect((await settle(b, each)).data?.finishBatch.finished).toBe(true)

    end(first, way)
    for (const each of held) expect((await settle(b, each)).errors?.[0]?.extensions.code).toBe('STALE_LEASE')
    const isBack = async () => {
      const life = await client.query(
        'select from pgq_gateway.gateway where gateway = $1 and not presumed_dead and not leads',
        [firstId],
      )
      const ready = await fetch(new URL('/health/ready', a), { signal: AbortSignal.timeout(1_000) }).catch(
        () => undefined,
      )
      return life.rowCount === 1 && ready?.status === 200
    }
    await until(isBack, 'the recovery of the first', { timeoutMs: 40_000, describe: first.output })
    expect(await leader()).toBe(secondId)

    // It has recovered if it can do what it did before.
    settlesAt = a
    await second.kill()
    const killedMs = performance.now()
    await publish(a, 'after')
    const settleThere = async (each: Data) =>
      expect((await settle(a, each)).data?.finishBatch.finished).toBe(true)
    await settleThere(await holder.batchWith('after'))
    await settleThere(await frozenMember.batchWith('after'))
    expect(performance.now() - killedMs, 'time to deliver again').toBeLessThan(LAPSE_MS)
    expect(await leader()).toBe(firstId)
  },
)
