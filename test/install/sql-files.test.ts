import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readComponents } from '../../src/install/components.ts'

const root = new URL('../../', import.meta.url)
const components = await readComponents()
async function filesIn(folder: string, ending: string): Promise<{ path: string; text: string }[]> {
  const names = await readdir(new URL(folder, root), { recursive: true })
  const paths = names.filter((name) => name.endsWith(ending)).map((name) => folder + name)
  return Promise.all(
    paths.sort().map(async (path) => ({ path, text: await readFile(new URL(path, root), 'utf8') })),
  )
}
const sqlFiles = await filesIn('sql/', '.sql')

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
