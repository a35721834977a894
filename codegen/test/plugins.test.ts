import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startNode } from '../../test/support/child.ts'
import { formatSnapshot, generateTypes, joinTypes } from '../src/index.ts'
import { compilerErrors, projectFolder } from './support/compiled.ts'
import { order, startRegistry } from './support/registry.ts'

const cli = join(createRequire(import.meta.url).resolve('@graphql-codegen/cli/package.json'), '../esm/bin.js')
const schemaFile = fileURLToPath(new URL('../../schema.graphql', import.meta.url))

/** Runs the command of graphql-codegen as a user does, in a folder with this configuration. */
async function graphqlCodegen(cwd: string, config: object) {
  await writeFile(join(cwd, 'codegen.json'), JSON.stringify(config))
  // It prints nothing where it thinks that it is tested.
  const env = { ...process.env, NODE_ENV: undefined }
  await using child = startNode([cli, '--config', 'codegen.json'], { cwd, env })
  const { code } = await child.ended(60_000)
  return { code, output: child.stdout() + child.stderr() }
}

test('graphql-codegen writes the snapshot and the types of a running server', async () => {
  await using registry = await startRegistry('orders', 'mails')
  await using folder = await projectFolder()
  await registry.register('orders', 'created', order)
  await registry.register('mails', 'invoice', { type: 'string' })
  const { url } = registry
  const result = await graphqlCodegen(folder.path, {
    schema: url,
    generates: {
      'event-types.json': { plugins: ['@pgq-graphql/codegen/snapshot'], config: { url } },
      'event-types.ts': { plugins: ['@pgq-graphql/codegen/types'], config: { url, queues: ['orders'] } },
    },
  })
  expect(result).toMatchObject({ code: 0 })
  const eventTypes = [
    { queue: 'mails', type: 'invoice', version: 1, schema: { type: 'string' } },
    { queue: 'orders', type: 'created', version: 1, schema: order },
  ]
  const read = (file: string) => readFile(join(folder.path, file), 'utf8')
  expect(await read('event-types.json')).toBe(formatSnapshot(eventTypes))
  expect((await read('event-types.ts')).replace(/\s+/g, ' ').trim()).toBe(
    joinTypes(generateTypes(eventTypes.slice(1), url))
      .replace(/\s+/g, ' ')
      .trim(),
  )
  expect(await compilerErrors(folder.path, ['event-types.ts'])).toBe('')
})

test('graphql-codegen writes types from a snapshot, beside those of other plugins', async () => {
  await using folder = await projectFolder()
  const eventTypes = [{ queue: 'orders', type: 'created', version: 4, schema: order }]
  await writeFile(join(folder.path, 'event-types.json'), formatSnapshot(eventTypes))
  const result = await graphqlCodegen(folder.path, {
    schema: schemaFile,
    config: { scalars: { BigInt: 'string', DateTime: 'string', JSON: 'unknown' } },
    generates: {
      'all.ts': {
        plugins: [
          { add: { content: '// All.' } },
          'typescript',
          { '@pgq-graphql/codegen/types': { snapshot: 'event-types.json' } },
        ],
      },
    },
  })
  expect(result).toMatchObject({ code: 0 })
  const text = await readFile(join(folder.path, 'all.ts'), 'utf8')
  expect(text).toContain('from event-types.json; do not edit')
  expect(text).toContain("['orders', 'created', 4]")
})

test.each([
  [{}, 'Give a snapshot or the URL of a server'],
  [{ url: 'http://127.0.0.1:1/', snapshot: 'a.json' }, 'not both'],
  [{ url: 7 }, 'The option url is of the wrong type'],
  [{ snapshot: 'a.json', queues: 'orders' }, 'The option queues is of the wrong type'],
  [{ snapshot: 'missing.json' }, 'The snapshot cannot be read'],
])('graphql-codegen fails with the configuration %j, and says why', async (config, reason) => {
  await using folder = await projectFolder()
  const result = await graphqlCodegen(folder.path, {
    schema: 'type Query { is: Boolean }',
    generates: { 'event-types.ts': { plugins: ['@pgq-graphql/codegen/types'], config } },
  })
  expect(result.code).toBe(1)
  expect(result.output).toContain(reason)
})
