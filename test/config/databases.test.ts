import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { listDatabases } from '../../src/config/databases.ts'
import { type FlagValue, loadConfig } from '../../src/config/load.ts'
import { printableConfig } from '../../src/config/print.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function load(content: unknown, flags: Record<string, FlagValue> = {}) {
  await using directory = await temporaryDirectory()
  const file = join(directory.path, 'gateway.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return loadConfig({ flags: new Map(Object.entries(flags)), environment: {}, file })
}

const loadDatabases = async (databases: unknown) => (await load({ databases })).databases

async function listed(databases: unknown) {
  return listDatabases(await loadDatabases(databases)).map(({ name, url }) => [name, url])
}

test('a database keeps what is said of it, whatever characters its name has', async () => {
  const settings = { url: 'postgresql://h/d', engine: 'sql', ticker: false, required: true }
  const databases = { 'eu.north/1 ü{x}': settings, hasOwnProperty: { url: 'postgresql://h/e' } }
  expect(listDatabases(await loadDatabases(databases))).toEqual([
    { name: 'eu.north/1 ü{x}', ...settings },
    { name: 'hasOwnProperty', url: 'postgresql://h/e' },
  ])
})

test('a direct URL has the ranges of the name, too, and is as secret', async () => {
  const databases = {
    's{1..2}': { url: 'postgresql://pool/s{1..2}', directUrl: 'postgresql://u:geheim@h/s{1..2}' },
  }
  const config = await load({ databases })
  expect(listDatabases(config.databases)[1]).toEqual({
    name: 's2',
    url: 'postgresql://pool/s2',
    directUrl: 'postgresql://u:geheim@h/s2',
  })
  expect(printableConfig(config)).toContain('postgresql://u:***@h/s{1..2}')
  expect(printableConfig(config)).not.toContain('geheim')
  expect(await listed({ a: { url: 'postgresql://pool/a', directUrl: null } })).toEqual([
    ['a', 'postgresql://pool/a'],
  ])
})

test('a flag gives main its URL, keeps the rest of what the file says, and adds others', async () => {
  const flags = {
    'databases.main.url': 'postgresql://flag/m',
    databases: ['a=b=postgresql://h/a?options=-cx%3D1'],
  }
  const file = { databases: { main: { url: 'postgresql://file/m', required: false } } }
  expect(listDatabases((await load(file, flags)).databases)).toEqual([
    { name: 'main', url: 'postgresql://flag/m', required: false },
    { name: 'a=b', url: 'postgresql://h/a?options=-cx%3D1' },
  ])
})

describe('ranges', () => {
  test('make one database for each number, as long as they are written', async () => {
    const all = await listed({
      'shard_{001..256}': { url: 'postgresql://app:geheim@shards/shard_{001..256}' },
    })
    expect(all).toHaveLength(256)
    expect(all[0]).toEqual(['shard_001', 'postgresql://app:geheim@shards/shard_001'])
    expect(all[255]).toEqual(['shard_256', 'postgresql://app:geheim@shards/shard_256'])
  })

  test('count without zeros where none are written, and with the zeros of either end', async () => {
    const of = async (range: string) =>
      (await listed({ [range]: { url: `postgresql://h/${range}` } })).map(([name]) => name)
    expect(await of('{9..11}')).toEqual(['9', '10', '11'])
    expect(await of('{09..011}')).toEqual(['009', '010', '011'])
    expect(await of('{0..1}')).toEqual(['0', '1'])
  })

  test('make every combination where there are several, and count together where they are spelled the same', async () => {
    const url = 'postgresql://db{1..2}/s{01..02}?application_name=db{1..2}'
    expect(await listed({ '{1..2}-{01..02}': { url } })).toEqual([
      ['1-01', 'postgresql://db1/s01?application_name=db1'],
      ['1-02', 'postgresql://db1/s02?application_name=db1'],
      ['2-01', 'postgresql://db2/s01?application_name=db2'],
      ['2-02', 'postgresql://db2/s02?application_name=db2'],
    ])
  })
})

const url = 'postgresql://u:geheim@h/d'

test.each<[string, unknown, RegExp]>([
  [
    'a range that counts down',
    { 's{9..1}': { url: `${url}{9..1}` } },
    /key "databases\.s\{9\.\.1\}": has the range \{9\.\.1\}, which must count up/,
  ],
  ['a range without an end', { 's{1..}': { url: `${url}{1..}` } }, /which must count up, as \{1\.\.9\}/],
  ['a range of letters', { 's{a..c}': { url: `${url}{a..c}` } }, /which must count up/],
  [
    'a range of 10,000',
    { 's{0..9999}': { url: `${url}{0..9999}` } },
    /makes 10,000 databases in all; at most 4,096 are served/,
  ],
  [
    'ranges of 10,000 together',
    { 's{0..99}{000..99}': { url: `${url}{0..99}{000..99}` } },
    /makes 10,000 databases in all/,
  ],
  ['a range of a billion billions', { 's{1..999999999}{0..999999999}': { url } }, /at most 4,096 are served/],
  [
    'a range that its URL lacks',
    { 's{1..2}': { url } },
    /key "databases\.s\{1\.\.2\}\.url": must have the range \{1\.\.2\} of the name, and no other\.$/,
  ],
  [
    'a range that its URL spells otherwise',
    { 's{1..2}': { url: `${url}{01..02}` } },
    /must have the range \{1\.\.2\} of the name/,
  ],
  [
    'a range in the URL alone',
    { s: { url: `${url}{1..2}` } },
    /key "databases\.s\.url": has a range, which must be in the name, too/,
  ],
  [
    'a name that a range makes, too',
    { s1: { url }, 's{1..2}': { url: `${url}{1..2}` } },
    /makes the name "s1", which another one has/,
  ],
  ['an empty name', { '': { url } }, /must have a name/],
  ['a name with a line feed', { 'a\nb': { url } }, /such as control characters/],
  ['a lone surrogate', { 'a\ud800': { url } }, /characters that cannot be used/],
  [
    'a prototype',
    '{"databases": {"__proto__": {"url": "postgresql://u:geheim@h/d"}}}',
    /characters that cannot be used/,
  ],
  ['a name that is too long', { ['ü'.repeat(129)]: { url } }, /a name of more than 128 characters/],
  ['a URL for a name', { [url]: { url } }, /key "databases\.\*\*\*": has a URL for its name; write name=url/],
  ['no URL', { a: {} }, /gateway\.json key "databases\.a\.url": must be a postgresql:\/\/ URL/],
  ['a URL in place of the settings', { a: url }, /gateway\.json key "databases\.a": /],
  [
    'a URL in place of databases',
    url,
    /gateway\.json key "databases": must be an object of databases by name/,
  ],
  [
    'a foreign URL',
    { a: { url: 'mysql://u:geheim@h/d' } },
    /key "databases\.a\.url": must be a URL such as postgresql:/,
  ],
  [
    'a foreign direct URL',
    { a: { url, directUrl: 'mysql://u:geheim@h/d' } },
    /key "databases\.a\.directUrl": must be a URL/,
  ],
  [
    'a direct URL without the range',
    { 's{1..2}': { url: `${url}{1..2}`, directUrl: url } },
    /key "databases\.s\{1\.\.2\}\.directUrl": must have the range/,
  ],
  [
    'a number with which a URL is wrong',
    { 's{65535..65536}': { url: 'postgresql://u:geheim@h:{65535..65536}/d' } },
    /\.url": port "65536": must be a whole number/,
  ],
  [
    'an unknown key',
    { a: { url, uri: url } },
    /unknown key "databases\.a\.uri"\. Known here: url, directUrl, engine, ticker, required/,
  ],
  [
    'an unknown engine',
    { a: { url, engine: 'x' } },
    /key "databases\.a\.engine": must be one of auto, sql, extension/,
  ],
  ['a text for a boolean', { a: { url, ticker: 'no' } }, /key "databases\.a\.ticker": must be true or false/],
])('%s is refused with its place, and without its password', async (_title, databases, message) => {
  const loading = load(typeof databases === 'string' && databases.startsWith('{') ? databases : { databases })
  const error = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ConfigError)
  expect((error as Error).message).toMatch(message)
  expect((error as Error).message).not.toContain('geheim')
})

test('a flag without a name is refused without its password', async () => {
  for (const text of [url, `${url}?connect_timeout=3`, '=x', 'x'])
    await expect(load({}, { databases: [text] })).rejects.toThrow(/^--database.*(name=url|must have a name)/)
  await expect(load({}, { databases: [`${url}?connect_timeout=3`] })).rejects.not.toThrow(/geheim/)
})

test('a name that is given twice by flags is refused', async () => {
  await expect(load({}, { databases: [`a=${url}`, `a=${url}`] })).rejects.toThrow(
    '--database: gives "a" twice.',
  )
})
