import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it, test } from 'vitest'
import { granteesOf, readComponents } from '../../src/install/components.ts'
import { tickLockClass } from '../../src/postgres/advisory-locks.ts'
import { createTestDatabase } from '../support/database.ts'
import { readInterface } from './interface.ts'

const root = new URL('../../', import.meta.url)
const components = await readComponents()
const functions = components.flatMap(({ name, functions }) =>
  functions.map((file) => ({ ...file, schema: name })),
)
const views = components.flatMap(({ name, views }) => views.map((file) => ({ ...file, schema: name })))
const gateway = functions.filter(({ schema }) => schema === 'pgq_gateway')

async function filesIn(folder: string, ending: string): Promise<{ path: string; text: string }[]> {
  const names = await readdir(new URL(folder, root), { recursive: true })
  const paths = names.filter((name) => name.endsWith(ending)).map((name) => folder + name)
  return Promise.all(
    paths.sort().map(async (path) => ({ path, text: await readFile(new URL(path, root), 'utf8') })),
  )
}
const sqlFiles = await filesIn('sql/', '.sql')
const sources = await filesIn('src/', '.ts')

test('every SQL file is ASCII, so that it runs in a database of any encoding', () => {
  const isAscii = (text: string) => /^[\n\x20-\x7e]*$/.test(text)
  expect(sqlFiles.filter(({ text }) => !isAscii(text)).map(({ path }) => path)).toEqual([])
})

test('every SQL file belongs to the migrations, views, functions or grants of a component', () => {
  const known = components.flatMap(({ migrations, views, functions, grants }) => [
    ...migrations,
    ...views,
    ...functions,
    ...grants,
  ])
  expect(known).toHaveLength(sqlFiles.length)
})

// After a migration was added: sha256sum sql/*/migrations/*.sql > test/install/migrations.sha256
test('no migration was changed, removed or added without its checksum', async () => {
  const list = await readFile(new URL('migrations.sha256', import.meta.url), 'utf8')
  const present = sqlFiles
    .filter(({ path }) => path.includes('/migrations/'))
    .map(({ path, text }) => `${createHash('sha256').update(text).digest('hex')}  ${path}\n`)
  expect(present.sort()).toEqual(list.split(/(?<=\n)/).sort())
})

test('migrations are numbered from 001 without a gap', () => {
  for (const { migrations } of components) {
    const numbers = migrations.map(({ name }) => Number(/^(\d{3})-[a-z0-9-]+$/.exec(name)?.[1]))
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  }
})

describe('a file that is run at each update', () => {
  it.each([...functions, ...views].map((file) => [`${file.schema}/${file.path}`, file] as const))(
    '%s makes only what it is named after, and says who may use it',
    (_path, file) => {
      granteesOf(file)
      const outside = file.text.replaceAll(/(\$\w*\$)[\s\S]*?\1/g, '$$').replaceAll(/--.*/g, '')
      const statements = outside.split(';').map((statement) => statement.trim())
      const made = /^(?:create or replace function|drop view if exists|create view) (\w+\.\w+)/
      for (const statement of statements.filter((each) => each !== '')) {
        expect(made.exec(statement)?.[1]).toBe(`${file.schema}.${file.name}`)
      }
    },
  )

  it('is refused without a line that says who may use it', () => {
    const file = { path: 'functions/ticks/tick.sql', name: 'tick' }
    for (const text of ['-- Grant:\n', '-- Grant: everybody\n', '-- Grant: pgq_reader pgq_admin\n', '']) {
      expect(() => granteesOf({ ...file, text })).toThrow('functions/ticks/tick.sql needs a line')
    }
    expect(granteesOf({ ...file, text: '-- Grant: nobody\n' })).toBeNull()
    expect(granteesOf({ ...file, text: '-- Grant: pgq_reader, pgq_admin\n' })).toBe('pgq_reader, pgq_admin')
  })
})

describe('a function of pgq_gateway', async () => {
  const called = new Set([
    ...sources.flatMap(({ text }) => text.match(/(?<=pgq_gateway\.)\w+(?=\()/g) ?? []),
    ...(await readInterface()).flatMap(({ name, until }) => (until === undefined ? [] : [name])),
  ])

  it.each(gateway.map(({ name }) => name))('%s begins with _ exactly if no gateway calls it', (name) => {
    expect(called.has(name)).toBe(!name.startsWith('_'))
  })

  it('lies in the folder of a subject', () => {
    const folders = new Set(gateway.map(({ path }) => path.split('/')[1]))
    expect([...folders].sort()).toEqual([
      'batches',
      'consumers',
      'dead-letters',
      'diagnosis',
      'event-types',
      'events',
      'gateways',
      'metrics',
      'movers',
      'publishing',
      'queues',
      'ticks',
    ])
  })
})

describe('the classes of advisory locks', () => {
  it('are the same numbers in SQL and TypeScript', async () => {
    await using database = await createTestDatabase()
    const client = await database.connect()
    const { rows } = await client.query(
      'select pgq._tick_lock_class() as engine, pgq_gateway._tick_lock_class() as gateway',
    )
    await client.end()
    expect(rows).toEqual([{ engine: tickLockClass, gateway: tickLockClass }])
  })

  it('stand nowhere but in the files that name them', () => {
    const numbers = /0x7067|18858274\d\d/i
    const where = [...sqlFiles, ...sources].filter(({ text }) => numbers.test(text)).map(({ path }) => path)
    expect(where).toEqual([
      'sql/gateway/functions/gateways/_alive_lock_class.sql',
      'sql/gateway/functions/gateways/_leader_lock_class.sql',
      'sql/gateway/functions/ticks/_tick_lock_class.sql',
      'sql/pgq/functions/_tick_lock_class.sql',
      'src/postgres/advisory-locks.ts',
    ])
  })
})

test('the files are read once for all databases of a process', () => {
  expect(readComponents()).toBe(readComponents())
})
