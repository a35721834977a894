import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChild, startNode } from '../support/child.ts'
import { requestData } from '../support/graphql.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createProject, type Project, resolutions, timeoutMs } from './project.ts'

const program = `
import { createClient, fail } from '@pgq-graphql/client'
import { eventTypes } from './event-types.js'

const client = createClient({ url: process.argv[2] ?? '', eventTypes })
const billing = client.consume('orders', { consumer: process.argv[3] ?? '' }, {
  types: {
    created(event) {
      const total: number = event.json.total
      console.log(event.type, total.toFixed(2))
      void billing.stop()
    },
  },
  fallback: (event) => fail(\`unknown type \${event.type}\`),
})
await billing.ready
await client.publish('orders', 'created', { total: 7.5 })
await billing.done
export const misspelt = () =>
  // @ts-expect-error: The payload has a total.
  client.publish('orders', 'created', { totl: 7.5 })
`

let project: Project
let server: TestServer

/** Installs offline, because neither package has dependencies. */
beforeAll(async () => {
  server = await startTestServer()
  const sources = { 'program.ts': program, 'globals.d.ts': 'declare const process: { argv: string[] }\n' }
  project = await createProject(['client', 'codegen'], sources, ['--offline'])
}, timeoutMs)

afterAll(async () => {
  await project?.[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

async function pgqCodegen(...args: string[]): Promise<string> {
  const bin = join(project.path, 'node_modules/.bin/pgq-codegen')
  await using child = startChild(bin, args, { cwd: project.path })
  expect(await child.ended(), child.stderr()).toEqual({ code: 0, signal: null })
  return child.stdout()
}

test(
  'the packed codegen makes types of the event types of a server, and a program runs with them',
  async () => {
    const schema = { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] }
    await requestData(
      server.url,
      'mutation { createQueue(input: { name: "orders", tickerMaxLagSeconds: 0.01 }) { created } }',
    )
    await requestData(
      server.url,
      `mutation ($schema: JSON!) {
         registerEventType(input: { queue: "orders", type: "created", schema: $schema }) { created }
       }`,
      { schema },
    )
    expect(await pgqCodegen('--help')).toContain('Usage: pgq-codegen')
    await pgqCodegen('pull', '--url', server.url, '--snapshot', 'event-types.json')
    await pgqCodegen('generate', '--snapshot', 'event-types.json', '--out', 'src/event-types.ts')
    await pgqCodegen('check', '--snapshot', 'event-types.json', '--url', server.url)
    for (const how of resolutions) {
      const out = await project.compile(how, { lib: ['es2022', 'dom'], skipLibCheck: false })
      const consumer = how.moduleResolution
      await using child = startNode([join(out, 'program.js'), server.url, consumer], { cwd: project.path })
      expect(await child.ended(), child.stderr()).toEqual({ code: 0, signal: null })
      expect(child.stdout()).toBe('created 7.50\n')
    }
  },
  timeoutMs,
)
