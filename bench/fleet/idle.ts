import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { cpuMs } from '../support/cpu.ts'
import { residentBytes } from '../support/memory.ts'
import { startPgqd } from '../support/pgqd.ts'
import { type Arena, queues, withClient } from './arena.ts'
import { sizes } from './sizes.ts'
import type { Row } from './table.ts'

/** What idle sources cost in a second. */
interface Cost {
  cpuMs: number
  statements: number
  byPart: Record<string, number>
}

/** What do idle sources cost, beside pgqd that ticks the same databases? */
export async function measureIdle(arena: Arena): Promise<Row[]> {
  const ours = await measureGateway(arena)
  const pgqd = await measurePgqd(arena)
  console.error({ gateway: ours.byPart, pgqd: pgqd.byPart })
  const perDatabase = ours.connections / (sizes.databases + 1)
  const ratio = ours.statements / pgqd.statements
  const subject = `${sizes.databases * queues.length} idle sources`
  return [
    {
      question: `${subject}: resident memory`,
      measured: `${ours.residentMb.toFixed()} MB`,
      beside: '',
      target: '< 400 MB',
      isMet: ours.residentMb < 400,
    },
    {
      question: `${subject}: connections per database`,
      measured: perDatabase.toFixed(2),
      beside: '',
      target: '≤ 2',
      isMet: perDatabase <= 2,
    },
    {
      question: `${subject}: CPU of the process`,
      measured: `${(ours.cpuMs / 10).toFixed(1)} % of a core`,
      beside: `pgqd ${(pgqd.cpuMs / 10).toFixed(1)} %`,
      target: '≤ 12 %',
      isMet: ours.cpuMs <= 120,
    },
    {
      question: `${subject}: statements per second`,
      measured: `${ours.statements.toFixed()} (${ratio.toFixed(2)} × pgqd)`,
      beside: `pgqd ${pgqd.statements.toFixed()}`,
      target: '≤ 1.5 × pgqd',
      isMet: ratio <= 1.5,
    },
  ]
}

async function measureGateway(arena: Arena): Promise<Cost & { connections: number; residentMb: number }> {
  await using gateway = await arena.startGateway()
  const pid = gateway.process.pid ?? 0
  const cost = await costOf(arena, pid)
  const { rows } = await withClient(arena.mainUrl, (client) =>
    client.query(
      `select count(*)::int as count from pg_stat_activity where application_name like 'pgq-graphql%'`,
    ),
  )
  return { ...cost, connections: rows[0].count, residentMb: residentBytes(pid) / 1024 ** 2 }
}

async function measurePgqd(arena: Arena): Promise<Cost> {
  const names = [arena.mainUrl, ...arena.shardUrls].map((url) => new URL(url).pathname.slice(1))
  await using pgqd = await startPgqd(arena.mainUrl, names)
  return await costOf(arena, pgqd.process.pid ?? 0)
}

/** Measures a process when it has settled, with the server's log of statements switched on. */
async function costOf(arena: Arena, pid: number): Promise<Cost> {
  await delay(sizes.settleSeconds * 1_000)
  await logStatements(arena, true)
  const before = { cpuMs: await cpuMs(pid), parts: await countStatements(arena), at: performance.now() }
  await delay(sizes.seconds * 1_000)
  const seconds = (performance.now() - before.at) / 1_000
  const spentMs = (await cpuMs(pid)) - before.cpuMs
  const parts = await countStatements(arena)
  await logStatements(arena, false)
  const byPart = Object.fromEntries(
    [...parts]
      .map(([part, count]): [string, number] => [part, (count - (before.parts.get(part) ?? 0)) / seconds])
      .filter(([_, rate]) => rate > 0),
  )
  const statements = Object.values(byPart).reduce((sum, count) => sum + count, 0)
  return { cpuMs: spentMs / seconds, statements, byPart }
}

async function logStatements(arena: Arena, isOn: boolean): Promise<void> {
  await withClient(arena.mainUrl, async (client) => {
    await client.query(`alter system set log_statement = '${isOn ? 'all' : 'none'}'`)
    await client.query('select pg_reload_conf()')
  })
}

/** Counts the statements in the server's log by the name of the application without its number, except those of this bench. */
async function countStatements({ cluster }: Arena): Promise<Map<string, number>> {
  const log = await readFile(join(dirname(cluster.dataDirectory), 'log'), 'utf8')
  const found = new Map<string, number>()
  for (const [, part = ''] of log.matchAll(/^([^|\n\d]*)[^|\n]*\|LOG: {2}(?:statement|execute)/gm))
    if (part !== 'bench') found.set(part, (found.get(part) ?? 0) + 1)
  return found
}
