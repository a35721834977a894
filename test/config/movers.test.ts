import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { listMovers } from '../../src/config/movers.ts'
import { printableConfig } from '../../src/config/print.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Loads a file with this section. Messages name the file as `FILE`. */
async function load(movers: unknown) {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'gateway.json')
  await writeFile(file, JSON.stringify({ movers }))
  try {
    return listMovers(loadConfig({ flags: new Map(), environment: {}, file }).movers)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.replaceAll(file, 'FILE')
  }
}

const orders = { from: { databases: 'shard_*', queue: 'orders' }, to: { database: 'main', queue: 'orders' } }

test('a mover keeps what is said of it', async () => {
  const settings = { ...orders, consumer: 'c', types: ['a'], origin: 'extra4' }
  expect(await load({ 'eu.orders': settings })).toEqual([{ name: 'eu.orders', ...settings }])
  expect(await load({})).toEqual([])
})

test.each([
  [
    'a target without a queue',
    { ...orders, to: { database: 'main' } },
    'FILE key "movers.m": to needs either a queue, or queueBy: the column that names it.',
  ],
  [
    'a placeholder that is none',
    { ...orders, to: { nats: 'nats://user:secret@localhost', subject: 'orders.{kind}' } },
    'FILE key "movers.m.to.subject": must have no other placeholders than {database}, {queue}, {type}, {extra1}, {extra2}, {extra3}, {extra4}.',
  ],
  [
    'a NATS server that is none, without its password',
    { ...orders, to: { nats: ['nats://user:secret@localhost'], subject: 'orders' } },
    'FILE key "movers.m.to.nats": must be a text.',
  ],
  [
    'a column that is none',
    { ...orders, origin: 'data' },
    'FILE key "movers.m.origin" "data": must be one of extra1, extra2, extra3, extra4.',
  ],
  [
    'an unknown key',
    { ...orders, target: 'x' },
    'FILE: unknown key "movers.m.target". Known here: from, to, consumer, types, origin.',
  ],
])('%s is refused', async (_, mover, message) => {
  expect(await load({ m: mover })).toBe(message)
})

test('the credentials of a NATS server are not printed', async () => {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'gateway.json')
  const to = { nats: 'nats://user:secret@localhost', subject: 'orders' }
  await writeFile(file, JSON.stringify({ movers: { m: { ...orders, to } } }))
  const printed = printableConfig(loadConfig({ flags: new Map(), environment: {}, file }))
  expect(JSON.parse(printed).movers.m.to).toEqual({ ...to, nats: 'nats://***@localhost' })
})
