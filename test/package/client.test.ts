import { execFile } from 'node:child_process'
import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startNode } from '../support/child.ts'
import { startTestServer } from '../support/server.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
const timeoutMs = 60_000

const program = `
import { createClient, createPublisher, ErrorCode, fail, PgqClientError, retry, type Event } from '@pgq-graphql/client'

const url: string = process.argv[2] ?? ''
const client = createClient({ url })
await client.createQueue('orders', { tickerMaxLagSeconds: 0.01 })
const consumption = client.consume('orders', { consumer: 'billing' }, {
  types: {
    async created(event: Event) {
      if (event.retry === null) return retry(0)
      console.log(event.eventId, event.type, JSON.stringify(event.json), event.retry)
      void consumption.stop()
      return undefined
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
`

let folder: TemporaryDirectory

/** An empty project with the tarball installed, and no way to a registry. */
beforeAll(async () => {
  await access(path('client/dist/index.js')).catch(() => {
    throw new Error('The client is not built. Run: npm run build')
  })
  folder = await temporaryDirectory()
  const run = (...args: string[]) =>
    promisify(execFile)('npm', args, { cwd: folder.path, timeout: timeoutMs })
  const { stdout } = await run('pack', path('client'), '--json', '--ignore-scripts')
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  expect(packed.files.map((file) => file.path)).toEqual(
    expect.arrayContaining(['package.json', 'README.md', 'dist/index.js', 'dist/index.d.ts']),
  )
  expect(packed.files.filter((file) => /^(src|test)\//.test(file.path))).toEqual([])
  await writeFile(join(folder.path, 'package.json'), JSON.stringify({ type: 'module', private: true }))
  await run('install', '--offline', '--no-audit', '--no-fund', `./${packed.filename}`)
  await mkdir(join(folder.path, 'src'))
  await writeFile(join(folder.path, 'src/program.ts'), program)
}, timeoutMs)

afterAll(() => folder[Symbol.asyncDispose]())

test.each([
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])(
  'the packed client is compiled and used with module %s and moduleResolution %s',
  async (module, moduleResolution) => {
    await using server = await startTestServer()
    const out = `out-${moduleResolution}`
    const options = {
      target: 'es2022',
      lib: ['es2022', 'dom'],
      module,
      moduleResolution,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: [],
      rootDir: 'src',
      outDir: out,
    }
    const config = join(folder.path, `tsconfig.${moduleResolution}.json`)
    await writeFile(config, JSON.stringify({ compilerOptions: options, include: ['src', 'globals.d.ts'] }))
    await writeFile(join(folder.path, 'src/globals.d.ts'), 'declare const process: { argv: string[] }\n')
    await using compiler = startNode([path('node_modules/typescript/bin/tsc'), '-p', config], {
      cwd: folder.path,
    })
    expect(await compiler.ended(timeoutMs), compiler.stdout()).toEqual({ code: 0, signal: null })
    await using child = startNode([join(folder.path, out, 'program.js'), server.url], { cwd: folder.path })
    expect(await child.ended(timeoutMs), child.stderr()).toEqual({ code: 0, signal: null })
    expect(child.stdout()).toBe('true\n1 created {"id":7} 1\ndone 1\n')
  },
  timeoutMs,
)
