import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Arena, type Engine, measure, turns } from './arena.ts'

const pgbench = '/usr/lib/postgresql/15/bin/pgbench'
const run = promisify(execFile)
const payload = JSON.stringify({ orderId: 12345, customer: 'someone', total: '99.95', items: [1, 2, 3] })
const BULK_EVENTS = 1_000
const SINGLE_EVENTS = 300

/** Measures single inserts by pgbench, then many in one statement: upstream's row by row, ours by the gateway's. */
export async function measureInserts(arena: Arena, rounds: number, secondsPerRun: number): Promise<void> {
  const scripts = await mkdtemp(join(tmpdir(), 'bench-engine-'))
  const script = join(scripts, 'insert.sql')
  await writeFile(script, `select pgq.insert_event('single', 'created', '${payload}');\n`)
  for (const client of Object.values(arena.clients))
    await client.query(`select pgq.create_queue('single'), pgq.create_queue('bulk')`)

  for (let round = 0; round < rounds; round++) {
    for (const synchronousCommit of ['on', 'off'] as const) {
      for (const connections of [1, 4, 16]) {
        const name = `single insert, ${connections} clients, synchronous_commit ${synchronousCommit}`
        const question = arena.question(
          name,
          'per s',
          'more',
          synchronousCommit === 'on' ? '>= 0.9' : '>= 0.6',
        )
        for (const engine of turns(round)) {
          const { port } = arena.cluster
          const perSecond = await pgbenchTps(script, {
            engine,
            port,
            connections,
            synchronousCommit,
            secondsPerRun,
          })
          question.values[engine].push(perSecond)
        }
      }
    }
    await measureOneByOne(arena, round)
    await measureBulk(arena, round)
    process.stderr.write(`round ${round + 1} of ${rounds}: inserts\n`)
  }
  await rm(scripts, { recursive: true })
}

/** Measures what a single insert over one connection costs the server. */
async function measureOneByOne({ clients, question }: Arena, round: number): Promise<void> {
  const single = question('single insert, a transaction each, synchronous_commit off', 'µs', 'less')
  const text = `select pgq.insert_event('single', 'created', '${payload}')`
  for (let turn = 0; turn < 10; turn++) {
    for (const engine of turns(round + turn)) {
      const client = clients[engine]
      await client.query('set synchronous_commit = off')
      const insert = async () => {
        for (let n = 0; n < SINGLE_EVENTS; n++) await client.query({ name: 'insert', text })
      }
      await measure(single, [engine, client], insert, 1_000 / SINGLE_EVENTS)
    }
  }
}

async function measureBulk({ clients, question }: Arena, round: number): Promise<void> {
  const values = [Array(BULK_EVENTS).fill('created'), Array(BULK_EVENTS).fill(payload)]
  const perRow = `select pgq.insert_event('bulk', t, d) from unnest($1::text[], $2::text[]) e (t, d)`
  const atOnce = `select pgq_gateway.insert_events('bulk', $1::text[], $2::text[])`
  for (const synchronousCommit of ['on', 'off']) {
    const bulk = question(
      `bulk insert of ${BULK_EVENTS}, synchronous_commit ${synchronousCommit}: insert_event per row of upstream, insert_events of ours`,
      'ms',
      'less',
      '>= 3',
    )
    for (let turn = 0; turn < 10; turn++) {
      for (const engine of turns(round + turn)) {
        await clients[engine].query(`set synchronous_commit = ${synchronousCommit}`)
        const text = engine === 'sql' ? atOnce : perRow
        await measure(bulk, [engine, clients[engine]], () => clients[engine].query(text, values))
      }
    }
  }
  for (const client of Object.values(clients)) await client.query('reset synchronous_commit')
}

interface PgbenchRun {
  engine: Engine
  port: number
  connections: number
  synchronousCommit: 'on' | 'off'
  secondsPerRun: number
}

/** @returns transactions per second, each of one event. */
async function pgbenchTps(script: string, options: PgbenchRun): Promise<number> {
  const { engine, port, connections, synchronousCommit, secondsPerRun } = options
  const server = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres']
  const load = [
    '-n',
    '-M',
    'prepared',
    '-f',
    script,
    '-c',
    String(connections),
    '-j',
    '2',
    '-T',
    String(secondsPerRun),
  ]
  const { stdout } = await run(pgbench, [...load, ...server, `bench_${engine}`], {
    env: { ...process.env, PGOPTIONS: `-c synchronous_commit=${synchronousCommit}` },
  })
  return Number(/tps = ([\d.]+)/.exec(stdout)?.[1])
}
