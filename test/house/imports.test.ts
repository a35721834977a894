import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The floors of the house, from the cellar up: what lies on one may use its own folder and the floors below. */
const floors = [
  ['errors.ts'],
  [
    'int8.ts',
    'group-by.ts',
    'duration.ts',
    'database-name.ts',
    'count-of.ts',
    'reason.ts',
    'loopback.ts',
    'watched-file.ts',
    'defaults.ts',
    'instrumentation.ts',
    'async',
    'json',
    'nats',
  ],
  ['access'],
  ['caller.ts', 'mover-plan.ts'],
  ['memory'],
  ['rates'],
  ['postgres', 'json-schema'],
  ['config', 'install', 'embedded'],
  ['resolvers'],
  ['pubsub', 'ticker', 'diagnosis'],
  ['database'],
  ['mover'],
  ['metrics'],
  ['schema'],
  ['tracing'],
  ['operations'],
  ['transports'],
  ['auth', 'gateway'],
  ['server'],
  ['index.ts'],
  ['cli'],
]

const floorOf = new Map(floors.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)))
const roomOf = (file: string) => relative('src', file).split('/')[0] ?? ''

async function sourcesIn(folder: string): Promise<Map<string, string[]>> {
  const names = await readdir(join(root, folder), { recursive: true })
  const files = names.filter((name) => /\.tsx?$/.test(name)).map((name) => join(folder, name))
  const entries = files.map(async (file): Promise<[string, string[]]> => {
    const text = await readFile(join(root, file), 'utf8')
    const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
    return [file, found.map(([, path = '']) => join(dirname(file), path))]
  })
  return new Map(await Promise.all(entries))
}

test('every room of src has its floor', async () => {
  const rooms = new Set([...(await sourcesIn('src')).keys()].map(roomOf))
  expect([...rooms].filter((room) => !floorOf.has(room))).toEqual([])
})

test('imports point down only', async () => {
  const wrong: string[] = []
  for (const [file, imports] of await sourcesIn('src')) {
    for (const target of imports) {
      const [from, to] = [roomOf(file), roomOf(target)]
      if (from !== to && (floorOf.get(to) ?? 99) >= (floorOf.get(from) ?? -1))
        wrong.push(`${file} -> ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test.each(['src', 'client/src', 'codegen/src'])(
  'no file of %s imports itself by way of others',
  async (folder) => {
    const sources = await sourcesIn(folder)
    const circles: string[] = []
    const done = new Set<string>()
    const visit = (file: string, way: string[]): void => {
      if (way.includes(file)) {
        circles.push([...way.slice(way.indexOf(file)), file].join(' -> '))
        return
      }
      if (done.has(file)) return
      for (const target of sources.get(file) ?? []) visit(target, [...way, file])
      done.add(file)
    }
    for (const file of sources.keys()) visit(file, [])
    expect(circles).toEqual([])
  },
)

test('workspaces import nothing of the server, and the server nothing of them', async () => {
  const wrong: string[] = []
  for (const folder of ['src', 'client/src', 'codegen/src']) {
    for (const [file, imports] of await sourcesIn(folder)) {
      for (const target of imports) if (!target.startsWith(`${folder}/`)) wrong.push(`${file} -> ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test('a command loads no gateway before it needs one', async () => {
  const loaded = new Set<string>()
  const load = async (file: string): Promise<void> => {
    if (loaded.has(file)) return
    loaded.add(file)
    const text = await readFile(join(root, file), 'utf8')
    for (const [, target = ''] of text.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)'/gm))
      await load(join(dirname(file), target))
  }
  await load('src/cli/program.ts')
  expect(loaded).toContain('src/config/load.ts')
  expect([...loaded].filter((file) => /^src\/(gateway|database|schema)\//.test(file))).toEqual([])
})
