import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { installEngine } from '../../src/install/install.ts'
import { startCluster, type TestCluster } from '../../test/support/cluster.ts'

export type Engine = 'sql' | 'extension'
export const engines: readonly Engine[] = ['extension', 'sql']

/** Figures of one question, a value per round; `better` says which direction wins. */
export interface Question {
  name: string
  unit: string
  better: 'more' | 'less'
  /** By how much ours has to be better, as a factor; empty where there is no target. */
  target: string
  values: Record<Engine, number[]>
  /** Processor time of the server's process for the same, in the same unit: it hardly depends on what else the machine does. */
  processor: Record<Engine, number[]>
}

/** Both engines in one PostgreSQL 15, a database each, and what was measured of them. */
export interface Arena extends AsyncDisposable {
  readonly cluster: TestCluster
  readonly clients: Record<Engine, pg.Client>
  readonly questions: Question[]
  open(engine: Engine): Promise<pg.Client>
  /** The question of that name, new at first. */
  question(name: string, unit: string, better: 'more' | 'less', target?: string): Question
}

/** Durable, as a server in production: fsync, full page writes and synchronous_commit are on. */
export async function openArena(): Promise<Arena> {
  const cluster = await startCluster(15, {
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    shared_buffers: '512MB',
    max_wal_size: '4GB',
  })
  const open = async (engine: Engine) => {
    const client = new pg.Client({ connectionString: cluster.url.replace(/postgres$/, `bench_${engine}`) })
    await client.connect()
    return client
  }
  const install = async (engine: Engine) => {
    const admin = new pg.Client({ connectionString: cluster.url })
    await admin.connect()
    await admin.query(`create database bench_${engine}`)
    await admin.end()
    const client = await open(engine)
    await installEngine(client, { engine })
    return client
  }
  const clients = { extension: await install('extension'), sql: await install('sql') }
  const questions: Question[] = []
  return {
    cluster,
    clients,
    questions,
    open,
    question(name, unit, better, target = '') {
      const known = questions.find((each) => each.name === name)
      if (known) return known
      const added: Question = {
        name,
        unit,
        better,
        target,
        values: { sql: [], extension: [] },
        processor: { sql: [], extension: [] },
      }
      questions.push(added)
      return added
    },
    async [Symbol.asyncDispose]() {
      for (const client of Object.values(clients)) await client.end()
      await cluster[Symbol.asyncDispose]()
    },
  }
}

/** The engines in the order of a round: they take turns in going first. */
export const turns = (round: number) => (round % 2 === 0 ? engines : engines.toReversed())

/** Does the work over the client, and notes how long it took and what the server's process spent on it, `perMs` of the unit to a ms. */
export async function measure(
  { values, processor }: Question,
  [engine, client]: [Engine, pg.Client],
  work: () => Promise<unknown>,
  perMs = 1,
): Promise<void> {
  const { processID } = client as pg.Client & { processID: number }
  const spentMs = async () =>
    Number((await readFile(`/proc/${processID}/schedstat`, 'utf8')).split(' ')[0]) / 1e6
  const [spentBefore, startedAt] = [await spentMs(), performance.now()]
  await work()
  values[engine].push((performance.now() - startedAt) * perMs)
  processor[engine].push(((await spentMs()) - spentBefore) * perMs)
}
