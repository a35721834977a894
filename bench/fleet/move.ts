import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startChild } from '../../test/support/child.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { post } from '../support/server.ts'
import { median, spread } from '../support/statistics.ts'
import { type Arena, otherQueue, queues, withClient } from './arena.ts'
import { sizes } from './sizes.ts'
import type { Row } from './table.ts'

/** A queue that has events to be moved. */
export interface Source {
  url: string
  queue: string
}

const changeMover = {
  pause: 'mutation ($mover: String!) { pauseMover(input: { database: "main", mover: $mover }) { changed } }',
  resume:
    'mutation ($mover: String!) { resumeMover(input: { database: "main", mover: $mover }) { changed } }',
}
/** Consumer of the loop without a gateway, and of python3-pgq. */
const others = ['bare', 'python']

/** How many events per second are moved out of busy sources, beside a loop of plain `pg`, and beside python3-pgq? */
export async function measureMoving(arena: Arena): Promise<Row[]> {
  const sources = listSources(arena)
  for (const source of sources) await register(source)
  const [first] = sources
  if (!first) throw new Error('There are no sources')
  const single = { url: first.url, queue: otherQueue }
  await register(single)
  await using gateway = await arena.startGateway({ ticks: false })
  const changeAll = async (text: string) => {
    for (const mover of queues) await post(gateway.url, text, { mover })
  }
  const rates = { gateway: [] as number[], bare: [] as number[], python: [] as number[] }
  const total = sources.length * sizes.events
  for (let round = 0; round < sizes.rounds; round++) {
    await changeAll(changeMover.pause)
    for (const source of [...sources, single]) await fill(source)
    const moved = watchTarget(arena, queues, total)
    await moved.begun
    await changeAll(changeMover.resume)
    rates.gateway.push(await moved.rate)
    rates.bare.push(await moveBare(arena, sources, total))
    rates.python.push(await movePython(arena, single))
    console.error(`round ${round + 1}:`, JSON.stringify(rates))
  }
  const beside = (name: 'bare' | 'python') =>
    rates.gateway.map((rate, n) => rate / (rates[name][n] ?? Number.NaN))
  const question = `events/s moved out of ${sources.length} sources`
  const measured = spread(rates.gateway, 0)
  return [
    {
      question: `${question}, beside a bare loop of \`pg\``,
      measured: `${measured}: ${spread(beside('bare'))} × bare`,
      beside: `bare ${spread(rates.bare, 0)}`,
      target: '≥ 0.9 × bare',
      isMet: median(beside('bare')) >= 0.9,
    },
    {
      question: `${question}, beside python3-pgq out of one`,
      measured: `${spread(beside('python'))} × python3-pgq`,
      beside: `python3-pgq ${spread(rates.python, 0)}`,
      target: '≥ 2 × python3-pgq',
      isMet: median(beside('python')) >= 2,
    },
  ]
}

/** Spreads the sources over the databases, then over their queues. */
function listSources({ shardUrls }: Arena): Source[] {
  const all = queues.flatMap((queue) => shardUrls.map((url) => ({ url, queue })))
  return all.slice(0, sizes.sources)
}

async function register({ url, queue }: Source): Promise<void> {
  await withClient(url, (client) =>
    client.query('select pgq.register_consumer($1, c) from unnest($2::text[]) c', [queue, others]),
  )
}

/** Publishes events of 200 bytes, with a tick after each batch. */
async function fill({ url, queue }: Source): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('select pgq_gateway.tick($1, true)', [queue])
    for (let count = 0; count < sizes.events; count += sizes.batch) {
      await client.query(
        `select pgq_gateway.insert_events($1, array_agg('created'::text), array_agg(rpad(i::text, 200, '.')), array_agg(null::text))
           from generate_series(1, $2::int) i`,
        [queue, Math.min(sizes.batch, sizes.events - count)],
      )
      await client.query('select pgq_gateway.tick($1, true)', [queue])
    }
  })
}

/** Watches queues of the target until they have so many more events; `rate` is per second, from the first of them on. */
function watchTarget(arena: Arena, names: readonly string[], total: number) {
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const rate = withClient(arena.mainUrl, async (client) => {
    const { rows } = await client.query(
      'select queue_event_seq as name from pgq.queue where queue_name = any ($1)',
      [names],
    )
    const sequences = rows
      .map(({ name }) => `(select last_value - (not is_called)::int from ${name})`)
      .join(' + ')
    const count = async () => Number((await client.query(`select ${sequences} as count`)).rows[0].count)
    const before = await count()
    begin()
    let first: { count: number; at: number } | undefined
    for (;;) {
      const moved = (await count()) - before
      const at = performance.now()
      if (moved > total) throw new Error(`${moved} events were moved instead of ${total}`)
      if (moved > 0) first ??= { count: moved, at }
      if (first && moved === total) return (total - first.count) / ((at - first.at) / 1_000)
      await delay(20)
    }
  })
  return { begun, rate }
}

async function moveBare(arena: Arena, sources: readonly Source[], total: number): Promise<number> {
  const moved = watchTarget(arena, queues, total)
  await moved.begun
  const script = fileURLToPath(new URL('bare.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  child.stdin?.end(JSON.stringify({ mainUrl: arena.mainUrl, sources }))
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error('The bare loop failed')
  return moved.rate
}

async function movePython({ mainUrl, ...arena }: Arena, { url, queue }: Source): Promise<number> {
  const moved = watchTarget({ mainUrl, ...arena }, [queue], sizes.events)
  await moved.begun
  await using directory = await temporaryDirectory()
  const config = join(directory.path, 'mover.ini')
  await writeFile(
    config,
    `[mover]\njob_name = mover\nqueue_name = ${queue}\nconsumer_name = python\nsource = ${url}\ntarget = ${mainUrl}\n` +
      `target_queue = ${queue}\nlogfile = ${join(directory.path, 'log')}\npidfile = ${join(directory.path, 'pid')}\n`,
  )
  await using _python = startChild('/usr/bin/python3', [
    fileURLToPath(new URL('mover.py', import.meta.url)),
    config,
  ])
  return await moved.rate
}
