import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startNode } from '../../test/support/child.ts'
import { temporaryDirectory } from '../../test/support/temporary-directory.ts'
import { projectFolder } from './support/compiled.ts'
import { order, startRegistry } from './support/registry.ts'

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** Runs the built command in this folder. */
async function run(cwd: string, ...args: string[]) {
  await using child = startNode([main, ...args], { cwd })
  const { code } = await child.ended()
  return { code, stdout: child.stdout(), stderr: child.stderr() }
}

test('pulls a snapshot, generates from it, and says when either is out of date', async () => {
  await using registry = await startRegistry('orders', 'mails')
  await using folder = await projectFolder()
  const { url } = registry
  const command = (name: string, ...args: string[]) => run(folder.path, name, ...args)
  const [snapshot, out] = ['--snapshot=event-types.json', '--out=event-types.ts']
  await registry.register('orders', 'shipped', order)
  await registry.register('orders', 'created', order)

  expect(await command('pull', '--url', url, snapshot)).toEqual({
    code: 0,
    stdout: 'event-types.json: 2 event types\n',
    stderr: '',
  })
  const text = await readFile(join(folder.path, 'event-types.json'), 'utf8')
  expect(text).toBe(`{
  "queues": {
    "orders": {
      "created": {
        "schema": {
          "properties": {
            "id": {
              "type": "integer"
            },
            "total": {
              "type": "string"
            }
          },
          "required": [
            "id"
          ],
          "type": "object"
        },
        "version": 1
      },
      "shipped": {
        "schema": {
          "properties": {
            "id": {
              "type": "integer"
            },
            "total": {
              "type": "string"
            }
          },
          "required": [
            "id"
          ],
          "type": "object"
        },
        "version": 1
      }
    }
  }
}
`)
  expect(await command('generate', snapshot, out)).toMatchObject({ code: 0, stderr: '' })
  const types = await readFile(join(folder.path, 'event-types.ts'), 'utf8')
  expect(types).toContain('from event-types.json; do not edit')
  expect(await command('check', '--url', url, snapshot, out)).toEqual({
    code: 0,
    stdout: 'Up to date\n',
    stderr: '',
  })

  await registry.register('orders', 'created', {
    ...order,
    properties: { ...order.properties, note: { type: 'string' } },
  })
  await registry.register('mails', 'invoice', order)
  await registry.remove('orders', 'shipped')
  await writeFile(join(folder.path, 'event-types.ts'), `${types}// by hand\n`)
  expect(await command('check', '--url', url, snapshot, out)).toEqual({
    code: 1,
    stdout: '',
    stderr: `event-types.json is out of date:
  "mails", "invoice": version 1 on the server, not in the snapshot
  "orders", "created": version 1 in the snapshot, 2 on the server
  "orders", "shipped": version 1 in the snapshot, not on the server
Run pgq-codegen pull.
event-types.ts is not what event-types.json gives. Run pgq-codegen generate.
`,
  })
  expect(await command('check', '--url', url, snapshot, '--queue=mails')).toMatchObject({ code: 1 })
  expect(await command('pull', '--url', url, snapshot, '--queue=mails')).toMatchObject({ code: 0 })
  expect(await command('check', '--url', url, snapshot, '--queue=mails')).toMatchObject({ code: 0 })
})

test('sees another schema of the same version, as of another server', async () => {
  await using registry = await startRegistry('orders')
  await using folder = await projectFolder()
  await registry.register('orders', 'created', order)
  const queues = { orders: { created: { version: 1, schema: { type: 'string' } } } }
  await writeFile(join(folder.path, 'a.json'), JSON.stringify({ queues }))
  const { code, stderr } = await run(folder.path, 'check', '--url', registry.url, '--snapshot', 'a.json')
  expect(code).toBe(1)
  expect(stderr).toContain('"orders", "created": version 1 on both sides, with different schemas')
})

test('carries names of any kind through a server and a snapshot', async () => {
  const names = ['__proto__', 'constructor', '9', '10', 'a\nb', '日本', '\u{1f986}']
  await using registry = await startRegistry(...names)
  await using folder = await projectFolder()
  for (const name of names) await registry.register(name, name, { ...order, title: name })
  const snapshot = ['--snapshot', 'event-types.json']
  expect(await run(folder.path, 'pull', '--url', registry.url, ...snapshot)).toMatchObject({
    stdout: `event-types.json: ${names.length} event types\n`,
  })
  const pulled = await run(folder.path, 'generate', ...snapshot, '--out', 'a.ts')
  const direct = await run(folder.path, 'generate', '--url', registry.url, '--out', 'b.ts')
  expect([pulled.code, direct.code]).toEqual([0, 0])
  const [a = '', b = ''] = await Promise.all(
    ['a.ts', 'b.ts'].map((file) => readFile(join(folder.path, file), 'utf8')),
  )
  const withoutHeader = (text: string) => text.slice(text.indexOf('\n'))
  expect(withoutHeader(a)).toBe(withoutHeader(b))
  for (const file of ['a.ts', 'b.ts']) {
    const path = ['--snapshot', './event-types.json']
    expect(await run(folder.path, 'check', ...path, '--out', file)).toMatchObject({ code: 0, stderr: '' })
  }
  expect(await run(folder.path, 'check', '--url', registry.url, ...snapshot)).toMatchObject({ code: 0 })
})

test('sends headers and the database, and shows no secret of the URL', async () => {
  const seen: unknown[] = []
  const listener = createServer((request, response) => {
    const { authorization, 'x-tenant': tenant } = request.headers
    request.setEncoding('utf8').on('data', (body: string) => {
      seen.push({ authorization, tenant, variables: JSON.parse(body).variables })
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ data: { eventTypes: [] } }))
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  try {
    await using folder = await temporaryDirectory()
    const { port } = listener.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/graphql?key=secret`
    const headers = ['--header', 'authorization: Bearer a:b', '--header', 'x-tenant:7']
    const { code } = await run(
      folder.path,
      'generate',
      '--url',
      url,
      '--out',
      'a.ts',
      '--database=b',
      ...headers,
    )
    expect(code).toBe(0)
    expect(seen).toEqual([{ authorization: 'Bearer a:b', tenant: '7', variables: { database: 'b' } }])
    const text = await readFile(join(folder.path, 'a.ts'), 'utf8')
    expect(text).toContain(`from http://127.0.0.1:${port}/graphql; do not edit`)
    expect(text).not.toContain('secret')
  } finally {
    listener.close()
  }
})

test.each([
  ['what is no JSON', 200, '<html>', 'status 200: <html>'],
  ['another GraphQL server', 200, '{"errors":[{"message":"Cannot query field"}]}', 'Cannot query field'],
  ['no list', 200, '{"data":{"eventTypes":null}}', 'it sent no list'],
  ['half an event type', 200, '{"data":{"eventTypes":[{"type":"a"}]}}', 'one of them is incomplete'],
  ['a proxy without a server', 502, 'Bad Gateway', 'status 502: Bad Gateway'],
])('refuses %s, and leaves the files as they were', async (_what, status, body, reason) => {
  const listener = createServer((_request, response) => response.writeHead(status).end(body))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  try {
    await using folder = await temporaryDirectory()
    const { port } = listener.address() as AddressInfo
    await writeFile(join(folder.path, 'a.json'), 'as it was')
    const url = `http://127.0.0.1:${port}/`
    const { code, stderr } = await run(folder.path, 'pull', '--url', url, '--snapshot', 'a.json')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `The server at ${url} gave no event types: ${reason}\n`,
    })
    expect(await readFile(join(folder.path, 'a.json'), 'utf8')).toBe('as it was')
  } finally {
    listener.close()
  }
})

test.each([
  ['{', 'a.json is no snapshot of event types: '],
  ['[]', 'the whole is no object'],
  ['{"queues":{"a":[]}}', '"a" is no object'],
  ['{"queues":{"a":{"b":{"version":0,"schema":{}}}}}', 'the version of "a", "b" is not a number from 1'],
  ['{"queues":{"a":{"b":{"version":1}}}}', 'the schema of "a", "b" is neither an object nor a boolean'],
])('refuses the snapshot %s', async (text, reason) => {
  await using folder = await temporaryDirectory()
  await writeFile(join(folder.path, 'a.json'), text)
  const { code, stderr } = await run(folder.path, 'generate', '--snapshot', 'a.json', '--out', 'a.ts')
  expect(code).toBe(1)
  expect(stderr).toContain(reason)
})

test('says what is wrong with files and servers that are not there', async () => {
  await using folder = await temporaryDirectory()
  const missing = await run(folder.path, 'generate', '--snapshot', 'missing.json', '--out', 'a.ts')
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('missing.json') })
  const gone = await run(folder.path, 'pull', '--url', 'http://127.0.0.1:1/graphql', '--snapshot', 'a.json')
  expect(gone.code).toBe(1)
  expect(gone.stderr).toMatch(/^The server at http:\/\/127\.0\.0\.1:1\/graphql cannot be reached: .+\n$/)
  await writeFile(join(folder.path, 'a.json'), '{"queues":{}}')
  const unwritable = await run(folder.path, 'generate', '--snapshot', 'a.json', '--out', 'none/a.ts')
  expect(unwritable).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('none/a.ts cannot be written'),
  })
})

test.each([
  [[], 'A command is missing'],
  [['push'], 'No such command: push'],
  [['pull'], 'pull needs --url and --snapshot'],
  [['pull', '--url=a', '--snapshot=b', '--out=c'], 'pull writes no TypeScript'],
  [['generate', '--out=a'], 'generate needs --out, and either --snapshot or --url'],
  [
    ['generate', '--out=a', '--snapshot=b', '--url=c'],
    'generate needs --out, and either --snapshot or --url',
  ],
  [['check', '--snapshot=a'], 'check needs --snapshot, and --url or --out'],
  [['pull', '--nonsense'], '--nonsense'],
  [['pull', '--url=a', '--snapshot=b', '--header=c'], "A header is given as 'name: value'"],
  [['pull', 'b'], 'Unexpected: b'],
])('refuses the arguments %j', async (args, reason) => {
  await using folder = await temporaryDirectory()
  const { code, stdout, stderr } = await run(folder.path, ...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(reason)
  expect(stderr).toContain('pgq-codegen --help')
})

test('explains itself', async () => {
  const { code, stdout } = await run('.', '--help')
  expect(code).toBe(0)
  for (const word of [
    'pull',
    'generate',
    'check',
    '--url',
    '--snapshot',
    '--out',
    '--queue',
    '--header',
    '--database',
  ]) {
    expect(stdout).toContain(word)
  }
})
