import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCli } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Prints NODE_ENV as it was when graphql was loaded; set later, it would leave graphql's checks on. */
const probe = `
const { Module } = require('node:module')
const load = Module._load
Module._load = function (request, ...rest) {
  if (request === 'graphql' || request.endsWith('/instanceOf.js')) console.log('graphql loaded in', process.env.NODE_ENV)
  return load.call(this, request, ...rest)
}`

test.each([
  ['production, unless told otherwise', {}, 'production'],
  ['what NODE_ENV says', { NODE_ENV: 'development' }, 'development'],
])('serve runs in %s', async (_, environment: Record<string, string>, expected) => {
  await using directory = await temporaryDirectory()
  await using fixture = await createTestDatabase()
  const path = join(directory.path, 'probe.cjs')
  await writeFile(path, probe)
  const args = ['serve', '--port', '0', '--database-url', fixture.url]
  await using server = await startCli(args, {
    cwd: directory.path,
    environment: { ...environment, NODE_OPTIONS: `--require ${path}` },
  })
  await server.printed(/Listening on/)
  server.process.kill('SIGTERM')
  await server.ended()
  const seen = new Set(server.stdout().match(/(?<=graphql loaded in )\w+/g))
  expect([...seen]).toEqual([expected])
})
