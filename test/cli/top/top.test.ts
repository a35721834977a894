import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../../support/cli.ts'
import { until } from '../../support/deadline.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { startOnTerminal, type Terminal } from '../../support/terminal.ts'

let server: TestServer
let client: pg.Client

beforeAll(async () => {
  server = await startTestServer()
  client = await server.fixture.connect()
  for (const queue of ['alpha', 'orders', 'x\u001b[31mred'])
    await client.query(`select pgq.create_queue($1)`, [queue])
  await client.query(`select pgq.register_consumer('orders', 'billing')`)
  await client.query(
    `insert into pgq_gateway.dead_letter (queue_id, consumer_name, ev_id, ev_time, ev_txid)
     select queue_id, 'billing', 1, now(), 1 from pgq.queue where queue_name = 'orders'`,
  )
})

afterAll(async () => {
  await client.end()
  await server[Symbol.asyncDispose]()
})

const main = join(import.meta.dirname, '../../../dist/cli/main.js')
const startTop = (url = server.url, environment = {}) =>
  startOnTerminal([main, 'top', '--url', url], { environment })

/** Waits until the screen shows something. @returns its lines. */
function shown(terminal: Terminal, pattern: RegExp): Promise<string[]> {
  const screen = () => terminal.stdout().split('\u001b[H').slice(1).at(-1)?.replaceAll('\u001b[K', '') ?? ''
  const match = () => (pattern.test(screen()) ? screen().split('\r\n') : null)
  return until(match, String(pattern), { timeoutMs: 30_000, describe: () => `on\n${screen()}` })
}

function namesIn(lines: readonly string[]): string[] {
  return lines.slice(4).flatMap((line) => /(alpha|orders|x�\[31)/.exec(line)?.[1] ?? [])
}

/** Expects the terminal to be as it was before. */
async function expectRestored(terminal: Terminal, code: number): Promise<void> {
  await terminal.printed(new RegExp(`ended with ${code}\\r\\n.* icanon .* echo `, 's'), 30_000)
  expect(afterTop(terminal)).toMatch(/ended with/)
}

/** Returns what was printed since wrapping, the cursor and the lines from before are back. */
function afterTop(terminal: Terminal): string {
  return terminal.stdout().split('\u001b[?7h\u001b[?25h\u001b[?1049l')[1] ?? 'nothing'
}

test('keys sort, filter, go into a queue and back, pause, help and quit', async () => {
  await using terminal = await startTop()
  const first = await shown(terminal, /What is wrong↓/)
  expect(first).toHaveLength(24)
  expect(first[0]).toContain('Database main: 3 queues, 1 consumer')
  expect(namesIn(first)).toEqual(['orders', 'alpha', 'x�[31'])
  expect(first[4]).toMatch(/orders .* 1 dead letter/)
  expect(first[4]?.startsWith('\u001b[7m')).toBe(true)
  terminal.type('s')
  expect(namesIn(await shown(terminal, /Queue↓/))).toEqual(['alpha', 'orders', 'x�[31'])
  terminal.type('r')
  expect(namesIn(await shown(terminal, /Queue↑/))).toEqual(['x�[31', 'orders', 'alpha'])
  terminal.type('/ORD')
  expect(namesIn(await shown(terminal, /Filter: ORD▏/))).toEqual(['orders'])
  terminal.type('\r\r')
  const inside = await shown(terminal, /Queue orders: /)
  expect(inside[4]).toMatch(/billing +no +0 +up to date/)
  terminal.type('\u001b[D')
  await shown(terminal, /3 queues/)
  terminal.type('p')
  await shown(terminal, /Paused; p goes on/)
  await client.query(`select pgq.create_queue('later')`)
  terminal.type('?')
  await shown(terminal, /any key back/)
  terminal.type(' p')
  await shown(terminal, /4 queues/)
  await terminal.resize({ columns: 40, rows: 6 })
  await until(async () => (await shown(terminal, /./)).length === 6, 'the smaller screen')
  terminal.type('q')
  await expectRestored(terminal, 0)
})

test('a lost gateway is told of, and found again', async () => {
  await using proxy = await startTcpProxy(server.url)
  await using terminal = await startTop(proxy.url)
  await shown(terminal, /Database main/)
  proxy.target = 'http://127.0.0.1:1/graphql'
  proxy.cut()
  await shown(terminal, /No figures: .*Trying again/)
  proxy.target = server.url
  await shown(terminal, /Something is wrong with 1 queue\./)
  terminal.type('\u0003')
  await expectRestored(terminal, 0)
})

test('signals and crashes leave the terminal as it was', async () => {
  const crash = `process.on('SIGUSR2', () => { throw new Error('crashed on purpose') })`
  const options = `--import=data:text/javascript,${encodeURIComponent(crash)}`
  await using terminated = await startTop()
  await using crashed = await startTop(server.url, { NODE_OPTIONS: options })
  await Promise.all([terminated, crashed].map((terminal) => shown(terminal, /Database main/)))
  terminated.signal('SIGTERM')
  crashed.signal('SIGUSR2')
  await expectRestored(terminated, 143)
  await expectRestored(crashed, 1)
  expect(afterTop(crashed)).toContain('crashed on purpose')
})

test('without a terminal it prints one table and ends, and a refusal is a failure', async () => {
  const [table, json, refused] = await Promise.all([
    runCli(['top', '--url', server.url]),
    runCli(['top', '--json', '--url', server.url]),
    runCli(['top', '--only', 'nowhere', '--url', server.url]),
  ])
  expect(table.stdout).toMatch(/^Queue .*\n─.*\norders .* 1 dead letter\n/)
  expect(JSON.parse(json.stdout)).toMatchObject({ consumers: [{ queue: 'orders', name: 'billing' }] })
  expect(refused).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('no database of that name'),
  })
})
