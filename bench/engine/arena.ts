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
  /** Factor by which ours has to be better; empty where there is no target. */
  target: string
  values: Record<Engine, number[]>
  /** Same figures by the server's processor time, which other load on the machine hardly changes. */
  processor: Record<Engine, number[]>
}

/** Both engines in one PostgreSQL 15, each in its own database, with their figures. */
export interface Arena extends AsyncDisposable {
  readonly cluster: TestCluster
  readonly clients: Record<Engine, pg.Client>
  readonly questions: Question[]
  open(engine: Engine): Promise<pg.Client>
  /** Returns the question of that name, which the first call makes. */
  question(name: string, unit: string, better: 'more' | 'less', target?: string): Question
}

/** Starts a server that is as durable as in production: fsync, full page writes and synchronous_commit are on. */
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

/** Returns the engines in the order of a round; they take turns in going first. */
export const turns = (round: number) => (round % 2 === 0 ? engines : engines.toReversed())

/** Records elapsed and processor time of the work over the client. @param perMs Converts a millisecond to the unit. */
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
