import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { installEngine } from '../../src/database/install.ts'
import { startCluster } from '../../test/support/cluster.ts'
import { cpuMs } from '../support/cpu.ts'
import { startPgqd } from '../support/pgqd.ts'
import { report } from '../support/report.ts'

/** CPU of ticking 1,000 queues of which 10 are busy, beside pgqd on the same database. See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const QUEUES = 1_000
const BUSY = 10
const SECONDS = Number(process.env.SECONDS ?? 10)

// Without autovacuum, whose workers come and go as they like.
await using cluster = await startCluster(18, { autovacuum: 'off', max_locks_per_transaction: '512' })
const client = new pg.Client({ connectionString: cluster.url })
await client.connect()
await installEngine(client, { engine: 'sql' })
for (let n = 0; n < QUEUES; n++) await client.query('select pgq.create_queue($1)', [`q${n}`])
const postmaster = Number(
  (await readFile(join(cluster.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')[0],
)

async function startOurs(): Promise<AsyncDisposable & { readonly process: ChildProcess }> {
  const child = spawn(process.execPath, ['dist/cli/main.js', 'ticker', '--database-url', cluster.url], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: 'ignore',
  })
  await once(child, 'spawn')
  return {
    process: child,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

interface Cost {
  ticker: number
  all: number
}

/** CPU milliseconds per second, of the ticker alone and with its part of the database server. */
async function cost(
  start: (() => Promise<AsyncDisposable & { readonly process: ChildProcess }>) | undefined,
): Promise<Cost> {
  const running = await start?.()
  // A start, with the first look at every queue, is not what is asked about.
  await delay(6_000)
  const pid = running?.process.pid
  const before = { ticker: pid ? await cpuMs(pid) : 0, server: await cpuMs(postmaster) }
  const endsAt = performance.now() + SECONDS * 1_000
  while (performance.now() < endsAt) {
    for (let n = 0; n < BUSY; n++) await client.query(`select pgq.insert_event($1, 'x', '')`, [`q${n}`])
    await delay(100)
  }
  const ticker = ((pid ? await cpuMs(pid) : 0) - before.ticker) / SECONDS
  const server = ((await cpuMs(postmaster)) - before.server) / SECONDS
  await running?.[Symbol.asyncDispose]()
  return { ticker, all: ticker + server }
}

const processes: { bare: number; gateway: number }[] = []
const totals: { bare: number; gateway: number }[] = []
for (let round = 0; round < ROUNDS; round++) {
  // What the producer alone costs the server is nobody's.
  const nobody = await cost(undefined)
  const bare = await cost(() => startPgqd(cluster.url))
  const ours = await cost(startOurs)
  processes.push({ bare: bare.ticker, gateway: ours.ticker })
  totals.push({ bare: bare.all - nobody.all, gateway: ours.all - nobody.all })
}
await client.end()
report([
  {
    name: '1,000 queues, 10 busy: CPU of ticker and database server (bare: pgqd)',
    unit: 'ms/s',
    rounds: totals,
  },
  { name: 'the same, the process of the ticker alone', unit: 'ms/s', rounds: processes },
])
