import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { installEngine } from '../../src/install/install.ts'
import { type Child, startNode } from '../../test/support/child.ts'
import { startCluster } from '../../test/support/cluster.ts'
import { cpuMs } from '../support/cpu.ts'
import { startPgqd } from '../support/pgqd.ts'
import { report } from '../support/report.ts'

/** Compares the processor time of ticking 1,000 queues, 10 of them busy, with pgqd's. See README.md. */
const ROUNDS = Number(process.env.ROUNDS ?? 5)
const QUEUES = 1_000
const BUSY = 10
const SECONDS = Number(process.env.SECONDS ?? 20)
/** Default is twice PgQ's idle period, after which idle queues tick as rarely as they ever will. */
const SETTLE_SECONDS = Number(process.env.SETTLE_SECONDS ?? 120)

function startOurs(databaseUrl: string): Child {
  const env = { ...process.env, NODE_ENV: 'production' }
  const args = ['dist/cli/main.js', 'ticker', '--database-url', databaseUrl]
  return startNode(args, { env, stdio: 'ignore' })
}

/** Starts a database server with the queues and a producer for the busy ones, but no ticker. */
async function startServer(): Promise<
  AsyncDisposable & { readonly url: string; readonly postmaster: number }
> {
  // Autovacuum's workers would come and go at random.
  const cluster = await startCluster(18, { autovacuum: 'off', max_locks_per_transaction: '512' })
  const [pid] = (await readFile(join(cluster.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')
  const client = new pg.Client({ connectionString: cluster.url })
  await client.connect()
  await installEngine(client, { engine: 'sql' })
  for (let n = 0; n < QUEUES; n++) await client.query('select pgq.create_queue($1)', [`q${n}`])
  let isOver = false
  const produce = async () => {
    while (!isOver) {
      for (let n = 0; n < BUSY; n++) await client.query(`select pgq.insert_event($1, 'x', '')`, [`q${n}`])
      await delay(100)
    }
  }
  const producing = produce()
  return {
    url: cluster.url,
    postmaster: Number(pid),
    async [Symbol.asyncDispose]() {
      isOver = true
      await producing
      await client.end()
      await cluster[Symbol.asyncDispose]()
    },
  }
}

// All run at the same time, so that other load hits them alike. The producer's own cost is measured on the server
// without a ticker, and subtracted.
await using alone = await startServer()
await using withPgqd = await startServer()
await using pgqd = await startPgqd(withPgqd.url)
await using withOurs = await startServer()
await using ours = startOurs(withOurs.url)

const measured = [
  alone.postmaster,
  withPgqd.postmaster,
  withOurs.postmaster,
  pgqd.process.pid,
  ours.process.pid,
]
const readCosts = () => Promise.all(measured.map((pid) => cpuMs(pid ?? 0)))
const processes: { bare: number; gateway: number }[] = []
const totals: { bare: number; gateway: number }[] = []
await delay(SETTLE_SECONDS * 1_000)
for (let round = 0; round < ROUNDS; round++) {
  const before = await readCosts()
  await delay(SECONDS * 1_000)
  const after = await readCosts()
  const [nobodys = 0, pgqdServer = 0, ourServer = 0, pgqdProcess = 0, ourProcess = 0] = after.map(
    (costMs, n) => (costMs - (before[n] ?? 0)) / SECONDS,
  )
  console.error({ nobodys, pgqdServer, ourServer, pgqdProcess, ourProcess })
  processes.push({ bare: pgqdProcess, gateway: ourProcess })
  totals.push({ bare: pgqdServer - nobodys + pgqdProcess, gateway: ourServer - nobodys + ourProcess })
}
report([
  {
    name: '1,000 queues, 10 busy: CPU of ticker and database server (bare: pgqd)',
    unit: 'ms/s',
    rounds: totals,
  },
  { name: 'the same, the process of the ticker alone', unit: 'ms/s', rounds: processes },
])
