import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startNode } from '../support/child.ts'
import { startTestServer } from '../support/server.ts'
import { createProject, type Project, resolutions, timeoutMs } from './project.ts'

const program = `
import { createClient, createPublisher, ErrorCode, fail, PgqClientError, retry, webSocket, type Event, type WebSocketOptions } from '@pgq-graphql/client'

const url: string = process.argv[2] ?? ''
const client = createClient({ url })
await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
const consumption = client.consume('orders', { consumer: 'billing' }, {
  types: {
    async created(event: Event) {
      if (event.retry === null) return retry(0)
      console.log(event.eventId, event.type, JSON.stringify(event.json), event.retry)
      void consumption.stop()
    },
  },
  fallback: () => fail('unknown type'),
})
await consumption.ready
await using publisher = createPublisher('orders', { url })
const id: string = await publisher.publish({ type: 'created', json: { id: 7 } })
const error = await client.publish('missing', { data: '' }).catch((reason: unknown) => reason)
console.log(error instanceof PgqClientError && error.code === ErrorCode.QUEUE_NOT_FOUND)
await consumption.done
console.log('done', id)
export const withThatOfTheBrowser = () => webSocket({ webSocket: WebSocket })
const socketOptions: WebSocketOptions = { idleTimeoutMs: 0 }
try {
  // A WebSocket sends no headers.
  createClient({ url, headers: { a: 'b' }, transport: webSocket(socketOptions) })
} catch (reason) {
  console.log(reason instanceof TypeError && reason.name)
}
`

let project: Project

/** Installs offline, because the client has no dependencies. */
beforeAll(async () => {
  const sources = { 'program.ts': program, 'globals.d.ts': 'declare const process: { argv: string[] }\n' }
  project = await createProject(['client'], sources, ['--offline'])
}, timeoutMs)

afterAll(() => project[Symbol.asyncDispose]())

test('the client is packed with what is needed to use it, and without its sources', () => {
  const files = project.files.get('client') ?? []
  expect(files).toEqual(
    expect.arrayContaining(['package.json', 'README.md', 'dist/index.js', 'dist/index.d.ts']),
  )
  expect(files.filter((file) => /^(src|test)\//.test(file))).toEqual([])
})

test.each(resolutions)(
  'the packed client is compiled and used with module $module and moduleResolution $moduleResolution',
  async (how) => {
    await using server = await startTestServer()
    const out = await project.compile(how, { lib: ['es2022', 'dom'], skipLibCheck: false })
    await using child = startNode([join(out, 'program.js'), server.url], { cwd: project.path })
    expect(await child.ended(timeoutMs), child.stderr()).toEqual({ code: 0, signal: null })
    expect(child.stdout()).toBe('true\n1 created {"id":7} 1\ndone 1\nTypeError\n')
  },
  timeoutMs,
)
