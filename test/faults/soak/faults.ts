import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../../support/random.ts'
import { startForcedLeader } from '../forced-leader.ts'
import { createFullDisk, fillDisk, freeDisk, fullDisks } from '../full-disk.ts'
import { PatientClient } from '../patient-client.ts'
import type { System } from './system.ts'

/** A fault that mends itself. Two faults of the same `part` do not run at once. */
export interface RandomFault {
  readonly name: string
  readonly part: string
  /** Breaks the part, waits and mends it. */
  run(): Promise<void>
}

/** Makes a fault. It draws all random numbers here, so that each run of a seed draws the same. */
type Make = (system: System, random: Random) => RandomFault

const shiftedClock = new URL('../shifted-clock.mjs', import.meta.url).href

const killGateway: Make = ({ stations }, random) => {
  const station = random.pick(stations)
  const isOff = random.next() < 0.3
  const seconds = random.pick([600, -600])
  return {
    name: isOff ? 'kill -9 of a gateway, back with a wrong clock' : 'kill -9 of a gateway',
    part: `gateway ${stations.indexOf(station)}`,
    async run() {
      const { gateway, toClients } = station
      await gateway.kill()
      const clock = { preload: shiftedClock, environment: { CLOCK_SHIFT_SECONDS: String(seconds) } }
      await gateway.start(isOff ? clock : {})
      toClients.target = gateway.url ?? ''
    },
  }
}

const killPostgres: Make = ({ cluster }) => ({
  name: 'kill -9 of PostgreSQL',
  part: 'PostgreSQL',
  async run() {
    await cluster.kill()
    await cluster.start()
  },
})

const backends = {
  listener: `application_name like 'pgq-graphql/listen%'`,
  presence: `application_name like 'pgq-graphql/gateway %'`,
  leader: 'pid in (select pid from pgq_gateway.gateway where leads)',
  pool: `application_name in ('pgq-graphql/reader', 'pgq-graphql/writer', 'pgq-graphql/tick')`,
}

const terminate: Make = ({ cluster }, random) => {
  const kind = random.pick(Object.keys(backends) as (keyof typeof backends)[])
  return {
    name: `pg_terminate_backend of the ${kind}`,
    part: 'backend',
    run: () =>
      inSql(cluster.url, async (sql) => {
        await sql.query(
          `select count(pg_terminate_backend(pid)) as id
             from (select pid from pg_stat_activity where ${backends[kind]} order by random() limit 1) one`,
        )
      }),
  }
}

const breakWay =
  (name: string, way: 'toDatabase' | 'toClients', how: 'reset' | 'stall' | 'delay'): Make =>
  (system, random) => {
    const station = random.pick(system.stations)
    const proxy = station[way]
    const lateMs = 200 + random.below(8_000)
    const lastsMs = 200 + random.below(how === 'delay' ? 4_000 : 6_000)
    return {
      name,
      part: `${way} ${system.stations.indexOf(station)}`,
      async run() {
        if (how === 'reset') proxy.reset()
        if (how === 'delay') {
          proxy.delay(lateMs)
          await delay(lastsMs)
          proxy.delay(0)
          // Messages already under way are still late.
          await delay(lateMs)
        }
        if (how === 'stall') {
          proxy.stall()
          // A client that is cut off notices at some time, and reconnects another way.
          if (way === 'toClients') proxy.resume()
          const cutOff = system.traffic.workers.filter(({ url }) => url === proxy.url)
          // A worker that was about to connect learns of its end only by the burial.
          const disconnected = Promise.allSettled(cutOff.map((worker) => worker.disconnect()))
          await delay(lastsMs)
          proxy.bury()
          proxy.resume()
          await disconnected
        }
      },
    }
  }

const disconnectWorker: Make = ({ traffic }, random) => {
  const worker = random.pick(traffic.workers)
  return {
    name: 'end of a worker',
    part: `worker ${traffic.workers.indexOf(worker)}`,
    run: () => worker.disconnect(),
  }
}

const fullDisk: Make = ({ cluster }, random) => {
  const [what, tables] = random.pick(fullDisks)
  const ms = random.below(2_000)
  return {
    name: `full disk for ${what}`,
    part: 'disk',
    run: () =>
      inSql(cluster.url, async (sql) => {
        await sql.query(createFullDisk)
        const names = await sql.names(tables)
        for (const name of names) await sql.use((client) => client.query(fillDisk(name))).catch(() => {})
        await delay(ms)
        for (const name of names) await sql.query(freeDisk(name))
      }),
  }
}

const secondLeader: Make = ({ cluster }, random) => {
  const ms = random.below(5_000)
  return {
    name: 'two leaders',
    part: 'leader',
    async run() {
      await using _leader = await startForcedLeader(cluster.url)
      await delay(ms)
    },
  }
}

/** Relative frequency of each fault. */
const weights: readonly [number, Make][] = [
  [4, killGateway],
  [1, killPostgres],
  [3, terminate],
  [2, breakWay('reset between gateway and database', 'toDatabase', 'reset')],
  [1, breakWay('silence between gateway and database', 'toDatabase', 'stall')],
  [2, breakWay('delay between gateway and database', 'toDatabase', 'delay')],
  [2, breakWay('reset between clients and gateway', 'toClients', 'reset')],
  [2, breakWay('half-open clients', 'toClients', 'stall')],
  [4, disconnectWorker],
  [2, fullDisk],
  [1, secondLeader],
]

const choices = weights.flatMap(([weight, make]) => Array.from({ length: weight }, () => make))

export function pickFault(system: System, random: Random): RandomFault {
  return random.pick(choices)(system, random)
}

async function inSql(url: string, work: (sql: PatientClient) => Promise<void>): Promise<void> {
  const sql = new PatientClient(url)
  try {
    await work(sql)
  } finally {
    await sql.end()
  }
}
