import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChild, startNode } from '../support/child.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/deadline.ts'
import { startTestServer } from '../support/server.ts'
import { createProject, type Project, resolutions, timeoutMs } from './project.ts'

const gateway = `
import { createPgqServer, type ErrorCode, type LiveDatabase, PgqError } from 'pgq-graphql'

const connectionString: string = process.argv[2] ?? ''
const server = createPgqServer({
  databases: [{ name: 'main', connectionString }],
  host: '127.0.0.1',
  port: 0,
  limits: { maxRequestBytes: 1_000_000, maxDepth: 10, maxAliases: 10, maxTokens: 1_000 },
})
const { url } = await server.listen()
const database: LiveDatabase = server.gateway.databases.get('main')
await database.ready()
const answer = await fetch(url, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query: 'mutation { createQueue(input: { name: "orders" }) { created } }' }),
})
console.log(await answer.text())
await server.close()
const code: ErrorCode = 'BAD_INPUT'
type Session = Parameters<NonNullable<LiveDatabase['ticker']>['run']>[0]
// @ts-expect-error: It would be any, if the types of pg did not come with the server.
export const portOf = (session: Session): boolean => session.client.port
console.log(new PgqError(code, 'bad').code)
`

/** Program that consumes over SSE, and over Node's WebSocket where there is one. */
const worker = `
import { createClient, webSocket } from '@pgq-graphql/client'

const url: string = process.argv[2] ?? ''
const sockets = 'WebSocket' in globalThis ? [webSocket()] : []
for (const [index, transport] of [undefined, ...sockets].entries()) {
  const client = createClient({ url, transport })
  const queue = 'orders-' + index
  await client.createQueue(queue, { tickerMaxLagSeconds: 0.01 })
  const consumption = client.consume(queue, { consumer: 'billing' }, {
    event(event) {
      console.log(index, event.type, JSON.stringify(event.json))
      void consumption.stop()
    },
  })
  await consumption.ready
  await client.publish(queue, { type: 'created', json: { id: 7 } })
  await consumption.done
}
`

/** Names of the registry's packages that hold the programs of other runtimes. */
const node = `node-${process.platform}-${process.arch}`
const bun = `@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : 'x64-baseline'}`
const deno = `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`
let project: Project

beforeAll(async () => {
  const sources = { 'gateway.ts': gateway, 'worker.ts': worker }
  const nodes = ['22', '24'].map((major) => `node-${major}@npm:${node}@${major}`)
  const others = ['--prefer-offline', '@types/node@20', ...nodes, `${bun}@1`, `${deno}@2`]
  project = await createProject(['.', 'client'], sources, others)
}, timeoutMs)

afterAll(() => project[Symbol.asyncDispose]())

/** Programs of this Node and of those installed from the registry. */
const nodes = [
  { name: `Node ${process.versions.node}`, binary: () => process.execPath, hasWebSocket: false },
  ...['22', '24'].map((major) => ({
    name: `Node ${major}`,
    binary: () => join(project.path, `node_modules/node-${major}/bin/node`),
    hasWebSocket: true,
  })),
]

test('the server is packed with what is needed to run it, and without its sources', () => {
  const files = project.files.get('.') ?? []
  expect(files).toEqual(
    expect.arrayContaining([
      'dist/cli/main.js',
      'dist/index.d.ts',
      'sql/pgq/migrations/001-tables.sql',
      'schema.graphql',
    ]),
  )
  const sources = files.filter((file) => /^(src|test|client|bench|node_modules)\//.test(file))
  expect(sources.filter((file) => !file.endsWith('/README.md'))).toEqual([])
})

test('the packed command line says what it can do', async () => {
  const bin = join(project.path, 'node_modules/.bin/pgq-graphql')
  await using child = startChild(bin, ['--help'], { cwd: project.path })
  expect(await child.ended()).toEqual({ code: 0, signal: null })
  expect(child.stdout()).toContain('Usage: pgq-graphql')
})

test.each(resolutions.filter(({ module }) => module !== 'nodenext'))(
  'the packed server is compiled and used as a library with moduleResolution $moduleResolution',
  async (how) => {
    await using fixture = await createTestDatabase()
    const out = await project.compile(how, { types: ['node'], skipLibCheck: true })
    await using child = startNode([join(out, 'gateway.js'), fixture.url], { cwd: project.path })
    expect(await child.ended(timeoutMs), child.stderr()).toEqual({ code: 0, signal: null })
    expect(child.stdout()).toBe('{"data":{"createQueue":{"created":true}}}\nBAD_INPUT\n')
  },
  timeoutMs,
)

test.each(nodes)(
  'the packed server serves with an embedded PostgreSQL, and the packed client consumes, on $name',
  async ({ name, binary, hasWebSocket }) => {
    const out = await project.compile(resolutions[0], { types: ['node'], skipLibCheck: true })
    const cwd = join(project.path, `on-${name}`)
    await mkdir(cwd)
    const main = join(project.path, 'node_modules/pgq-graphql/dist/cli/main.js')
    const env = { PATH: process.env.PATH }
    await using server = startChild(binary(), [main, 'serve', '--port', '0'], { cwd, env })
    const [, url = ''] = await server.printed(/Listening on (http:\/\/[^\s"]+)/, 30_000)
    await until(async () => (await fetch(new URL('/health/ready', url))).ok, 'readiness')
    await using child = startChild(binary(), [join(out, 'worker.js'), new URL('/graphql', url).href], { cwd })
    expect(await child.ended(timeoutMs), child.stderr()).toEqual({ code: 0, signal: null })
    const lines = ['0 created {"id":7}', ...(hasWebSocket ? ['1 created {"id":7}'] : [])]
    expect(child.stdout().trim().split('\n')).toEqual(lines)
    server.process.kill('SIGTERM')
    expect(await server.ended()).toEqual({ code: 0, signal: null })
  },
  timeoutMs,
)

test.each([
  { name: 'Bun', command: [`${bun}/bin/bun`] },
  { name: 'Deno', command: [`${deno}/deno`, 'run', '--allow-net'] },
])(
  'the packed client publishes and consumes on $name, over SSE and over WebSocket',
  async ({ command: [binary = '', ...flags] }) => {
    await using server = await startTestServer()
    const out = await project.compile(resolutions[0], { types: ['node'], skipLibCheck: true })
    const args = [...flags, join(out, 'worker.js'), server.url]
    await using child = startChild(join(project.path, 'node_modules', binary), args, { cwd: project.path })
    expect(await child.ended(timeoutMs), child.stderr()).toEqual({ code: 0, signal: null })
    expect(child.stdout()).toBe('0 created {"id":7}\n1 created {"id":7}\n')
  },
  timeoutMs,
)
