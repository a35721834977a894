import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

/** Builds the code of a program that uses the client, as it would be sent to a browser. */
async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL('../src', import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    write: false,
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

const gzipped = (code: string) => gzipSync(code, { level: 9 }).length

test('is at most 18 kB, gzipped, with all that it exports', async () => {
  const size = gzipped(await bundle("export * from './index.ts'"))
  expect(size).toBeGreaterThan(1_000)
  expect(size).toBeLessThan(18_000)
})

test('leaves out all that consumes where only the publisher is imported', async () => {
  const publisher = await bundle("export { createPublisher } from './index.ts'")
  const everything = await bundle("export * from './index.ts'")
  expect(publisher).toContain('insertEvents')
  for (const name of ['finishBatch', 'registerConsumer', 'tail(', 'eventPage']) {
    expect(everything).toContain(name)
    expect(publisher).not.toContain(name)
  }
  expect(gzipped(publisher)).toBeLessThan(gzipped(everything) / 2)
})

test('leaves out the WebSocket where it is not imported', async () => {
  const everything = await bundle("export * from './index.ts'")
  const without = await bundle("export { createClient, createPublisher, fail, retry } from './index.ts'")
  for (const name of ['graphql-transport-ws', 'connection_init']) {
    expect(everything).toContain(name)
    expect(without).not.toContain(name)
  }
})

test('leaves out OpenTelemetry where its entry is not imported', async () => {
  const everything = await bundle("export * from './index.ts'")
  const traced = await bundle("export * from './opentelemetry/open-telemetry.ts'")
  expect(traced).toContain('opentelemetry')
  expect(everything).not.toContain('opentelemetry')
})

test('leaves nothing in a bundle that uses nothing of it', async () => {
  expect((await bundle("import './index.ts'")).trim()).toBe('')
})

test('names nothing that only Node has', async () => {
  expect(await bundle("export * from './index.ts'")).not.toMatch(/\b(process|Buffer|require|setImmediate)\b/)
})
